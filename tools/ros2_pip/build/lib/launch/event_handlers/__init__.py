"""Handlers for the usual events."""

from .on_action_event_base import OnActionEventBase
from .on_process_exit import OnProcessExit
from .on_process_io import OnProcessIO
from .on_process_start import OnProcessStart
from .on_shutdown import OnShutdown

__all__ = [
    'OnActionEventBase', 'OnProcessExit', 'OnProcessIO', 'OnProcessStart', 'OnShutdown',
]
