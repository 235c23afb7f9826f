"""What the core says through `logging`, in the node's log."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import Iterator

from rclpy.node import Node


@contextmanager
def core_log(node: Node, name: str) -> Iterator[None]:
    """While it lasts, what the logger `name` says from INFO on is in the node's log too, as INFO."""
    logger, bridge = logging.getLogger(name), _Bridge(node)
    before = logger.level
    logger.addHandler(bridge)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(bridge)


class _Bridge(logging.Handler):
    def __init__(self, node: Node) -> None:
        super().__init__(logging.INFO)
        self._log = node.get_logger()

    def emit(self, record: logging.LogRecord) -> None:
        self._log.info(record.getMessage())
