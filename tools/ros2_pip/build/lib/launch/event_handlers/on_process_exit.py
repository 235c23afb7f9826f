"""What to do when a process ends."""

from __future__ import annotations

from typing import Any

from ..events.process import ProcessExited
from .on_action_event_base import ActionMatcher, OnActionEventBase, OnEvent


class OnProcessExit(OnActionEventBase):
    """Handles that a process ends: that of one action, or any."""

    def __init__(
        self, *, target_action: ActionMatcher = None, on_exit: OnEvent, **kwargs: Any,
    ) -> None:
        from ..actions import ExecuteProcess

        super().__init__(
            action_matcher=target_action,
            on_event=on_exit,
            target_event_cls=ProcessExited,
            target_action_cls=ExecuteProcess,
            **kwargs)
