"""The executor of a node of ours."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from rclpy.context import Context
from rclpy.executors import Executor, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.subscription import Subscription

from wm_ros.newest import kept_aside

try:
    from rclpy.experimental import EventsExecutor
except ImportError:  # an older rclpy
    EventsExecutor = None


def executor_of(node: Node) -> Executor:
    """One thread, and the node in it. What happens wakes it, where rclpy can do that.

    The other kind looks through everything that a node has whenever anything happens. The new one knows nothing of
    callback groups, and breaks off at a callback that asks for `MessageInfo` (rclpy 9.1.2): such messages are to be taken
    from `NewestMessages`.
    """
    context = node.context
    executor = SingleThreadedExecutor(context=context) if EventsExecutor is None else _AllButAside(context)
    node.executor = executor  # which adds the node
    return executor


class _AllButAside:
    """An `EventsExecutor` that does not deliver what `NewestMessages` keeps aside."""

    def __init__(self, context: Context) -> None:
        self._executor = EventsExecutor(context=context)
        self._raised: deque[Exception] = deque()

    def add_node(self, node: Node) -> bool:
        return self._executor.add_node(_Heard(node, self._raised.append))

    def spin_once(self, timeout_sec: float | None = None) -> None:
        """Raises what a callback did."""
        if not self._raised:
            self._executor.spin_once(timeout_sec=timeout_sec)
        if self._raised:
            raise self._raised.popleft()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._executor, name)


class _Heard:
    """A node as its executor shall see it. Equal to the node, by which it is removed."""

    def __init__(self, node: Node, on_error: Callable[[Exception], None]) -> None:
        self._node, self._on_error = node, on_error

    # What rclpy asks for when something was made or destroyed: where a new callback is met first.
    @property
    def subscriptions(self) -> Iterator[Subscription]:
        for subscription in self._node.subscriptions:
            if kept_aside(subscription):
                continue
            if not isinstance(subscription.callback, _Caught):
                subscription.callback = _Caught(subscription.callback, self._on_error)
            yield subscription

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name)

    def __eq__(self, other: object) -> bool:
        return self._node is other

    def __hash__(self) -> int:
        return hash(self._node)


class _Caught:
    """A callback whose errors the executor does not see: of messages that came together it would lose the others."""

    def __init__(self, callback: Callable[[Any], None], on_error: Callable[[Exception], None]) -> None:
        self._callback, self._on_error = callback, on_error

    def __call__(self, message: Any) -> None:
        try:
            self._callback(message)
        except Exception as error:
            self._on_error(error)
