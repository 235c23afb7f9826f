"""What to do when the launched system shuts down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from ..event import Event
from ..event_handler import BaseEventHandler
from ..events import Shutdown
from ..some_entities_type import SomeEntitiesType
from .on_action_event_base import OnEvent

if TYPE_CHECKING:
    from ..launch_context import LaunchContext


class OnShutdown(BaseEventHandler):
    """Visits entities, or what a function returns, at shutdown."""

    def __init__(self, *, on_shutdown: OnEvent, **kwargs: Any) -> None:
        super().__init__(matcher=lambda event: isinstance(event, Shutdown), **kwargs)
        self._on_shutdown = on_shutdown

    def handle(self, event: Event, context: LaunchContext) -> Optional[SomeEntitiesType]:
        super().handle(event, context)
        if callable(self._on_shutdown):
            return self._on_shutdown(event, context)
        return self._on_shutdown
