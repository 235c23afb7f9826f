"""Closed-loop evaluation with controls on the same seeds."""
