"""What to do when a process starts."""

from __future__ import annotations

from typing import Any

from ..events.process import ProcessStarted
from .on_action_event_base import ActionMatcher, OnActionEventBase, OnEvent


class OnProcessStart(OnActionEventBase):
    """Handles that a process starts: that of one action, or any."""

    def __init__(
        self, *, target_action: ActionMatcher = None, on_start: OnEvent, **kwargs: Any,
    ) -> None:
        from ..actions import ExecuteProcess

        super().__init__(
            action_matcher=target_action,
            on_event=on_start,
            target_event_cls=ProcessStarted,
            target_action_cls=ExecuteProcess,
            **kwargs)
