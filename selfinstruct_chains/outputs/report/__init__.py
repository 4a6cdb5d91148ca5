"""A run as one page of figures and tasks, offline."""
