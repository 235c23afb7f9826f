"""Ctrl-C and `kill` between steps, never inside one: half a step is in the weights and in no count of steps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_HELD = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_signals() -> Iterator[None]:
    """Signals that come inside are delivered, each once, after the block: to whoever heeded them before.

    Where the block raises they are dropped: its error ends the run as well. Does nothing outside the main thread, which alone is interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: dict[int, None] = {}

    def hold(number: int, frame: FrameType | None) -> None:
        came[number] = None

    # One that is ignored, as in a background job of a shell, stays so; one that C code set cannot be put back.
    before = {number: signal.getsignal(number) for number in _HELD}
    before = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, hold)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in came:
        signal.raise_signal(number)
