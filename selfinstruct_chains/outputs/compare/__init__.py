"""Runs side by side: what differs in how they were made, and in what came of it."""
