"""What comes after a dataset: a model fine-tuned on it, and an honest look at whether it got better."""
