"""Where replies come from; the only place that knows providers."""
