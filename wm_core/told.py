"""What a library says through `logging`, to whoever wants to hear it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def told(name: str, tell: Callable[[str], object]) -> Iterator[None]:
    """While it lasts, `tell` is called with what the logger `name` says from INFO on."""
    logger, handler = logging.getLogger(name), _Teller(tell)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)


class _Teller(logging.Handler):
    def __init__(self, tell: Callable[[str], object]) -> None:
        super().__init__(logging.INFO)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(record.getMessage())
