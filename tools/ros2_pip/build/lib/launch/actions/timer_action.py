"""Doing something later."""

from __future__ import annotations

import asyncio
from typing import Any, Iterable, Optional, Union

from ..action import Action
from ..event_handlers import OnShutdown
from ..events import VisitEntities
from ..launch_context import LaunchContext
from ..launch_description_entity import LaunchDescriptionEntity
from ..some_substitutions_type import SomeSubstitutionsType
from ..utilities import perform


class TimerAction(Action):
    """Yields actions once a period, in seconds, has passed; shutdown cancels it."""

    def __init__(
        self, *,
        period: Union[float, SomeSubstitutionsType],
        actions: Iterable[LaunchDescriptionEntity],
        cancel_on_shutdown: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.period = period
        self.actions = list(actions)
        self._cancel_on_shutdown = cancel_on_shutdown
        self._canceled = False
        self._task: Optional[asyncio.Task] = None
        self._wakeup: Optional[asyncio.Event] = None

    def cancel(self) -> None:
        """Keep the timer from firing, if it has not yet; also before it is started."""
        self._canceled = True
        if self._wakeup is not None:
            self._wakeup.set()

    def execute(self, context: LaunchContext) -> None:
        if self._canceled:
            return
        number = isinstance(self.period, (int, float))
        period = float(self.period if number else perform(context, self.period))
        self._wakeup = asyncio.Event()
        self._task = context.asyncio_loop.create_task(self._wait(context, period))
        if self._cancel_on_shutdown:
            context.register_event_handler(OnShutdown(on_shutdown=lambda *_: self.cancel()))

    async def _wait(self, context: LaunchContext, period: float) -> None:
        captured = context.get_locals_as_dict()
        try:
            await asyncio.wait_for(self._wakeup.wait(), period)
        except asyncio.TimeoutError:
            context.emit_event_sync(
                VisitEntities(entities=self.actions, context_locals=captured))

    def get_asyncio_future(self) -> Optional[asyncio.Future]:
        return self._task

    def describe_conditional_sub_entities(
        self,
    ) -> list[tuple[str, list[LaunchDescriptionEntity]]]:
        return [(f'{self.period} seconds pass without being canceled', self.actions)]
