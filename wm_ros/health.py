"""What a node says about itself on /diagnostics."""

from __future__ import annotations

import math
import threading
import time
from typing import Mapping

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from wm_ros.conversions import Health, Level, diagnostics_message


class HealthReporter:
    """Keeps the newest health of each part of a node and publishes all of them: at 1 Hz, and at once when one gets worse.

    An error is kept on show for `linger` s after its cause went, so that a short one is seen at 1 Hz.
    May be called from any thread.
    """

    def __init__(self, node: Node, hardware_id: str, linger: float = 1.5) -> None:
        self._node = node
        self._hardware_id = hardware_id
        self._linger = linger
        self._lock = threading.Lock()
        # part -> its health, when that was set, when it was last told of
        self._parts: dict[str, tuple[Health, float, float]] = {}
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._timer = node.create_timer(1.0, self.publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def ok(self, part: str, message: str, values: Mapping[str, str] | None = None) -> None:
        """The part works. An error that is still lingering stays on show."""
        self._set(part, Level.OK, message, values)

    def warn(self, part: str, message: str) -> None:
        """The part works, and somebody should look at it."""
        self._set(part, Level.WARN, message)

    def error(self, part: str, message: str) -> None:
        """The part does not work; the message names the cause."""
        self._set(part, Level.ERROR, message)

    def clear(self, part: str) -> None:
        """Forgets the part."""
        with self._lock:
            self._parts.pop(part, None)

    def publish(self) -> None:
        """Publishes every part now."""
        with self._lock:
            parts = [health for health, _, _ in self._parts.values()]
        stamp = self._node.get_clock().now().nanoseconds / 1e9
        self._publisher.publish(diagnostics_message(parts, self._hardware_id, stamp))

    def _set(self, part: str, level: Level, message: str, values: Mapping[str, str] | None = None) -> None:
        name = f"{self._node.get_name()}: {part}"
        now = time.monotonic()
        with self._lock:
            before, since, told = self._parts.get(part, (None, now, -math.inf))
            if before and level < before.level and now < since + self._linger:
                return
            # A text that carries a figure changes at every call: tell of it once a second.
            news = level > Level.OK and (before is None or level > before.level or now > told + 1.0)
            news = news and (before is None or (level, message) != (before.level, before.message))
            self._parts[part] = (Health(name, level, message, values or {}), now, now if news else told)
        if news:
            self._tell(level, f"{part}: {message}")

    def _tell(self, level: Level, text: str) -> None:
        # Two call sites: rclpy allows one severity for each.
        if level is Level.WARN:
            self._node.get_logger().warning(text)
        else:
            self._node.get_logger().error(text)
        self.publish()
