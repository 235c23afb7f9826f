"""One launched system, and the event loop it runs in."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from typing import Any, Callable, Iterable, Iterator

import pytest
from launch import LaunchDescription, LaunchDescriptionEntity, LaunchService

from .actions import ReadyToTest


class LaunchRun:
    """Launches a description; tests run while the event loop of the launch does."""

    def __init__(self, *, shutdown_when_idle: bool, auto_shutdown: bool) -> None:
        self.loop = asyncio.new_event_loop()
        self.service = LaunchService()
        self._shutdown_when_idle = shutdown_when_idle
        self._auto_shutdown = auto_shutdown

    @contextlib.contextmanager
    def launched(self, description: LaunchDescription) -> Iterator[None]:
        """Launch, wait until ready to test, and shut down at the end."""
        asyncio.set_event_loop(self.loop)
        try:
            self._start(description)
            yield
            self.shutdown()
        finally:
            self._close()

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function in a thread, while the system runs."""
        bound = functools.partial(function, *args, **kwargs)
        return self.loop.run_until_complete(self.loop.run_in_executor(None, bound))

    def shutdown(self) -> None:
        """Shut the system down (or await its end, without auto shutdown)."""
        if self._auto_shutdown:
            self.service.shutdown(force_sync=True)
        if self.service.event_loop is not None:
            code = self.loop.run_until_complete(self._task)
            assert code == 0, f"launch service failed when finishing, return code '{code}'"

    def _start(self, description: LaunchDescription) -> None:
        ready = asyncio.Event()
        _ready_to_test_action(description).on_ready = ready.set
        self.service.include_launch_description(description)
        self._task = self.loop.create_task(
            self.service.run_async(shutdown_when_idle=self._shutdown_when_idle))
        self.loop.run_until_complete(_first_of(ready.wait(), self._task))
        if not ready.is_set():
            pytest.fail('the launch ended before it was ready to test', pytrace=False)

    def _close(self) -> None:
        """Leave nothing behind, whatever happened."""
        if not self._task.done():
            self._task.cancel()
            self.loop.run_until_complete(self._task)
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        asyncio.set_event_loop(None)


async def _first_of(awaitable: Any, task: asyncio.Task) -> None:
    waiting = asyncio.ensure_future(awaitable)
    await asyncio.wait([waiting, task], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


def _ready_to_test_action(description: LaunchDescription) -> ReadyToTest:
    """Return the one such action in the description, put at its end where there is none."""
    found = list(_find_ready_to_test(description.entities))
    if len(found) > 1:
        raise RuntimeError(
            'launch_pytest fixtures must return a LaunchDescription containing only one '
            'ReadyToTest action')
    if not found:
        found.append(ReadyToTest())
        description.add_action(found[0])
    return found[0]


def _find_ready_to_test(entities: Iterable[LaunchDescriptionEntity]) -> Iterator[ReadyToTest]:
    for entity in entities:
        if isinstance(entity, ReadyToTest):
            yield entity
        yield from _find_ready_to_test(entity.describe_sub_entities())
        for _, guarded in entity.describe_conditional_sub_entities():
            yield from _find_ready_to_test(guarded)
