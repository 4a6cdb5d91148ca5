"""One reader of labelled replies: names, the lines they stand on, which of those are labels, and the instances."""
