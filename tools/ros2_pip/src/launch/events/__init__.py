"""Events of launch itself; those about processes are in `launch.events.process`."""

from . import process
from .future_done import FutureDone
from .matchers import matches_action
from .shutdown import Shutdown
from .visit_entities import VisitEntities

__all__ = ['FutureDone', 'Shutdown', 'VisitEntities', 'matches_action', 'process']
