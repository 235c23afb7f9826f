"""The launched system is to be shut down."""

from dataclasses import dataclass

from ..event import Event


@dataclass(frozen=True, kw_only=True)
class Shutdown(Event):
    """Emitted once, when the system starts to shut down."""

    name = 'launch.events.Shutdown'
    reason: str = 'reason not given'
    due_to_sigint: bool = False
