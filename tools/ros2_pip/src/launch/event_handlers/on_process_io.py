"""What to do when a process writes something."""

from __future__ import annotations

from typing import Any, Callable, Optional

from ..events.process import ProcessIO
from ..some_entities_type import SomeEntitiesType
from .on_action_event_base import ActionMatcher, OnActionEventBase

OnOutput = Callable[[ProcessIO], Optional[SomeEntitiesType]]


class OnProcessIO(OnActionEventBase):
    """Handles output of a process: that of one action, or any."""

    def __init__(
        self, *,
        target_action: ActionMatcher = None,
        on_stdout: Optional[OnOutput] = None,
        on_stderr: Optional[OnOutput] = None,
        **kwargs: Any,
    ) -> None:
        from ..actions import ExecuteProcess

        def on_event(event: ProcessIO, context: Any) -> Optional[SomeEntitiesType]:
            callback = on_stdout if event.from_stdout else on_stderr
            return callback(event) if callback is not None else None

        super().__init__(
            action_matcher=target_action,
            on_event=on_event,
            target_event_cls=ProcessIO,
            target_action_cls=ExecuteProcess,
            **kwargs)
