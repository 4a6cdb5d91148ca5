"""A run as a dataset to train on, in other tools' formats."""
