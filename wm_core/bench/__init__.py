"""Measuring planners: whether they plan alike, how long they take, beside what others offer."""
