"""A subscription of which only the newest messages are wanted, however many come."""

from __future__ import annotations

import time
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription


class _Aside(CallbackGroup):
    """Keeps a subscription out of what executors wait for.

    Its QoS events too: Fast DDS wakes whoever waits for those at every message. None are to be expected, because
    nothing is incompatible with best effort and volatile.
    """

    def can_execute(self, entity: Any) -> bool:
        return False

    def beginning_execution(self, entity: Any) -> bool:
        return False

    def ending_execution(self, entity: Any) -> None:
        pass


def kept_aside(subscription: Subscription) -> bool:
    """Whether it is one of `NewestMessages`, for executors that do not ask its callback group."""
    return isinstance(subscription.callback_group, _Aside)


class NewestMessages:
    """Take them when they are needed, or from a timer: no executor wakes up for them.

    An executor in Python spends 0.2 ms on a message. A driver that publishes joint states at 2 kHz would have it do
    nothing else; here the middleware keeps the last `depth` and drops the others, at no cost in Python.
    Best effort by default, which matches every publisher: a state that is sent again is a state that is late.
    """

    def __init__(
        self,
        node: Node,
        kind: type,
        topic: str,
        depth: int = 2,
        reliability: ReliabilityPolicy = ReliabilityPolicy.BEST_EFFORT,
    ) -> None:
        """depth: how many are kept between two calls of `take`."""
        qos = QoSProfile(depth=depth, reliability=reliability)
        self._node, self._kind, self._depth = node, kind, depth
        self._subscription = node.create_subscription(kind, topic, _never, qos, callback_group=_Aside())

    def take(self) -> list[Any]:
        """What came since the last call, oldest first, at most `depth`. From the executor's thread."""
        return [message for message, _ in self.take_sent()]

    def take_sent(self) -> list[tuple[Any, float]]:
        """As `take`, each with when it was sent: s, by the system's clock; now, for a middleware that does not tell."""
        return [(message, (info["source_timestamp"] or time.time_ns()) / 1e9) for message, info in self._taken(False)]

    def take_raw(self) -> list[bytes]:
        """As `take`, each as it came over the wire."""
        return [message for message, _ in self._taken(True)]

    def destroy(self) -> None:
        """Ends the subscription."""
        self._node.destroy_subscription(self._subscription)

    def _taken(self, raw: bool) -> list[tuple[Any, Any]]:
        """Messages, as they came over the wire where `raw`, each with what the middleware tells of it."""
        taken: list[tuple[Any, Any]] = []
        handle = self._subscription.handle
        with handle:  # it is not destroyed meanwhile
            while len(taken) < self._depth and (found := handle.take_message(self._kind, raw)) is not None:
                taken.append(found)
        return taken


def _never(message: Any) -> None:
    raise AssertionError("messages are taken, not delivered")
