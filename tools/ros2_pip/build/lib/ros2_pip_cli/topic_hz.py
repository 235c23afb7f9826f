"""Printing how often messages come."""

from __future__ import annotations

import statistics
import time
from collections import deque
from typing import Optional

from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data

from .node import spin_for

_WINDOW = 10000


class RateMeter:
    """Statistics of the time between messages."""

    def __init__(self) -> None:
        self._gaps: deque[float] = deque(maxlen=_WINDOW)
        self._last: Optional[float] = None
        self._news = False

    def tick(self, now: float) -> None:
        """Take note of a message."""
        if self._last is not None:
            self._gaps.append(now - self._last)
            self._news = True
        self._last = now

    def report(self) -> Optional[str]:
        """Return the text to print, None if no message came since the last report."""
        if not self._news:
            return None
        self._news = False
        mean = statistics.fmean(self._gaps)
        deviation = statistics.pstdev(self._gaps)
        return (
            f'average rate: {1.0 / mean if mean > 0.0 else 0.0:.3f}\n'
            f'\tmin: {min(self._gaps):.3f}s max: {max(self._gaps):.3f}s '
            f'std dev: {deviation:.5f}s window: {len(self._gaps)}')


def print_rate(node: Node, topic: str, message_type: type) -> None:
    """Print the rate once a second, until interrupted."""
    meter = RateMeter()
    node.create_subscription(
        message_type, topic, lambda _: meter.tick(time.monotonic()), qos_profile_sensor_data)
    while True:
        spin_for(node, 1.0)
        text = meter.report()
        if text is not None:
            print(text)
