"""From a chain to a verdict: generate, train on growing parts, and see whether the model got better."""
