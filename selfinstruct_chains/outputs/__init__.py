"""What is made of a run, and of other people's data."""
