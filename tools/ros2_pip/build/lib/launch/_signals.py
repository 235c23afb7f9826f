"""Signals of this process, handled in its event loop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Callable, Iterator


@contextlib.contextmanager
def handle_signals(
    loop: asyncio.AbstractEventLoop, callbacks: dict[signal.Signals, Callable[[], None]],
) -> Iterator[None]:
    """Have the loop call the callbacks on the signals; put back the old handlers after."""
    previous = {number: signal.getsignal(number) for number in callbacks}
    for number, callback in callbacks.items():
        loop.add_signal_handler(number, callback)
    try:
        yield
    finally:
        for number, handler in previous.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
