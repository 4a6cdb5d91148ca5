"""What people, or a model, say of a sample of a run."""
