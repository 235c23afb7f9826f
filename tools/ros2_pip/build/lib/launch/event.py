"""Base of everything that can be emitted into a launched system."""


class Event:
    """Something that happened, or that is asked for."""

    name = 'launch.Event'
