"""A subscription of which only the newest messages are wanted, however many come."""

from __future__ import annotations

from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy


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


class NewestMessages:
    """Take them when they are needed, or from a timer: no executor wakes up for them.

    An executor in Python spends 0.2 ms on a message. A driver that publishes joint states at 2 kHz would have it do
    nothing else; here the middleware keeps the last `depth` and drops the others, at no cost in Python.
    Best effort, which matches every publisher: a state that is sent again is a state that is late.
    """

    def __init__(self, node: Node, kind: type, topic: str, depth: int = 2) -> None:
        """depth: how many are kept between two calls of `take`."""
        qos = QoSProfile(depth=depth, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._node, self._kind, self._depth = node, kind, depth
        self._subscription = node.create_subscription(kind, topic, _never, qos, callback_group=_Aside())

    def take(self) -> list[Any]:
        """What came since the last call, oldest first, at most `depth`. From the executor's thread."""
        taken: list[Any] = []
        handle = self._subscription.handle
        with handle:  # it is not destroyed meanwhile
            while len(taken) < self._depth and (found := handle.take_message(self._kind, False)) is not None:
                taken.append(found[0])
        return taken

    def destroy(self) -> None:
        """Ends the subscription."""
        self._node.destroy_subscription(self._subscription)


def _never(message: Any) -> None:
    raise AssertionError("messages are taken, not delivered")
