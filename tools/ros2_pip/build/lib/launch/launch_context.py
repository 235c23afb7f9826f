"""The state of a launched system."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Iterable, Iterator, MutableMapping, Optional

from .event import Event
from .events import FutureDone
from .substitution import Substitution

if TYPE_CHECKING:
    from .event_handler import BaseEventHandler


class LaunchContext:
    """Configurations, environment, event handlers and events of one launch service."""

    def __init__(
        self, *, argv: Optional[Iterable[str]] = None, noninteractive: bool = False,
    ) -> None:
        self.argv = list(argv or [])
        self.noninteractive = noninteractive
        self.is_shutdown = False
        self.asyncio_loop: Optional[asyncio.AbstractEventLoop] = None
        self.launch_configurations: dict[str, Any] = {}
        self.event_queue: asyncio.Queue[Event] = asyncio.Queue()
        self.event_handlers: deque[BaseEventHandler] = deque()
        self.pending_futures: set[asyncio.Future] = set()
        self._scopes: list[tuple[dict[str, Any], dict[str, str]]] = []
        self._globals: dict[str, Any] = {}
        self._locals: dict[str, Any] = {}

    @property
    def environment(self) -> MutableMapping[str, str]:
        """The environment that processes inherit: that of this process."""
        return os.environ

    def push_scope(self) -> None:
        """Remember configurations and environment, to return to them later."""
        self._scopes.append((dict(self.launch_configurations), dict(os.environ)))

    def pop_scope(self) -> None:
        """Return to the configurations and environment of the last push."""
        self.launch_configurations, environment = self._scopes.pop()
        os.environ.clear()
        os.environ.update(environment)

    @property
    def locals(self) -> SimpleNamespace:
        """What event handlers and actions left for others, e.g. the event handled."""
        return SimpleNamespace(**self.get_locals_as_dict())

    def get_locals_as_dict(self) -> dict[str, Any]:
        """Return the content of `locals` as a dictionary."""
        return {**self._globals, **self._locals}

    def extend_locals(self, extensions: dict[str, Any]) -> None:
        """Add to `locals` until the event being handled is done with."""
        self._locals.update(extensions)

    def extend_globals(self, extensions: dict[str, Any]) -> None:
        """Add to `locals` for good."""
        self._globals.update(extensions)

    @contextlib.contextmanager
    def local_scope(self) -> Iterator[None]:
        """Drop at the end what was added by `extend_locals` meanwhile."""
        saved = dict(self._locals)
        try:
            yield
        finally:
            self._locals = saved

    def register_event_handler(
        self, event_handler: BaseEventHandler, append: bool = False,
    ) -> None:
        """Add a handler, which runs before (or with append, after) those already there."""
        if append:
            self.event_handlers.append(event_handler)
        else:
            self.event_handlers.appendleft(event_handler)

    def unregister_event_handler(self, event_handler: BaseEventHandler) -> None:
        """Remove a handler; ValueError if it is not registered."""
        self.event_handlers.remove(event_handler)

    def emit_event_sync(self, event: Event) -> None:
        """Queue an event, from the thread of the loop."""
        self.event_queue.put_nowait(event)

    async def emit_event(self, event: Event) -> None:
        """Queue an event, from a coroutine."""
        self.emit_event_sync(event)

    def add_completion_future(self, completion_future: asyncio.Future) -> None:
        """Keep the launch service from being idle until the future is done."""
        self.pending_futures.add(completion_future)
        completion_future.add_done_callback(self._on_future_done)

    def _on_future_done(self, future: asyncio.Future) -> None:
        self.pending_futures.discard(future)
        self.emit_event_sync(FutureDone(future=future))

    def perform_substitution(self, substitution: Substitution) -> str:
        """Return the text of a substitution in this context."""
        return substitution.perform(self)
