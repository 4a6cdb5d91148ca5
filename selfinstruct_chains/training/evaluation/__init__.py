"""Answers of models to the same items, scored, and compared item by item."""
