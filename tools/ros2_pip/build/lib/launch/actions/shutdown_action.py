"""Shutting down the launched system."""

from __future__ import annotations

from typing import Any

from .. import logging
from ..events import Shutdown as ShutdownEvent
from ..events.process import ProcessExited
from ..launch_context import LaunchContext
from .emit_event import EmitEvent


class Shutdown(EmitEvent):
    """Shuts the launched system down."""

    def __init__(self, *, reason: str = 'reason not given', **kwargs: Any) -> None:
        super().__init__(event=ShutdownEvent(reason=reason), **kwargs)

    def execute(self, context: LaunchContext) -> None:
        cause = context.get_locals_as_dict().get('event')
        if isinstance(cause, ProcessExited):
            logging.get_logger('launch').info(
                'process[%s] was required: shutting down launched system', cause.process_name)
        super().execute(context)
