"""Telling that tests may start."""

from __future__ import annotations

from typing import Any, Callable, Optional

from launch.action import Action
from launch.launch_context import LaunchContext


class ReadyToTest(Action):
    """Lets the tests start once it is executed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.on_ready: Optional[Callable[[], None]] = None

    def execute(self, context: LaunchContext) -> None:
        if self.on_ready is not None:
            self.on_ready()
