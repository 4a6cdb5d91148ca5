"""Making a dataset, durably: the journal, the loop, the run folder."""
