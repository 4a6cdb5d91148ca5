"""What users write (chain files, prompt files, seeds), read into values, and every message about such a file."""
