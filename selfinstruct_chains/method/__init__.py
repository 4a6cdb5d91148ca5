"""The paper's method as LCEL, pure: no files, no clock, no global randomness."""
