"""Waiting until events make something true."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import Callable, Iterator, Optional

from launch import LaunchContext
from launch.event_handler import BaseEventHandler

Condition = Callable[[], bool]
HandlerFactory = Callable[[Callable[[], None]], BaseEventHandler]


@contextlib.contextmanager
def _registered(context: LaunchContext, handler: BaseEventHandler) -> Iterator[None]:
    context.register_event_handler(handler, append=True)
    try:
        yield
    finally:
        context.unregister_event_handler(handler)


def wait_sync(
    context: LaunchContext,
    make_handler: HandlerFactory,
    condition: Condition,
    timeout: Optional[float],
) -> bool:
    """Check the condition whenever the handler is called, from a thread; None: forever."""
    event = threading.Event()
    end = None if timeout is None else time.monotonic() + timeout
    with _registered(context, make_handler(event.set)):
        while not condition():
            if not event.wait(None if end is None else max(0.0, end - time.monotonic())):
                return condition()
            event.clear()
    return True


async def wait_async(
    context: LaunchContext,
    make_handler: HandlerFactory,
    condition: Condition,
    timeout: Optional[float],
) -> bool:
    """Do as `wait_sync`, in the event loop."""
    event = asyncio.Event()
    end = None if timeout is None else time.monotonic() + timeout
    with _registered(context, make_handler(event.set)):
        while not condition():
            left = None if end is None else end - time.monotonic()
            try:
                await asyncio.wait_for(event.wait(), left)
            except asyncio.TimeoutError:
                return condition()
            event.clear()
    return True
