"""The ROS node of the command line, and the graph it sees."""

from __future__ import annotations

import contextlib
import os
import time
from typing import Callable, Iterator

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

DISCOVERY_SECONDS = 3.5  # a participant announces itself every 3 s
APPEAR_SECONDS = 5.0


@contextlib.contextmanager
def cli_node() -> Iterator[Node]:
    """Give a node with a hidden name."""
    rclpy.init(args=[])
    node = rclpy.create_node(f'_ros2cli_{os.getpid()}', start_parameter_services=False)
    try:
        yield node
    except ExternalShutdownException:
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def spin_for(node: Node, seconds: float) -> None:
    """Spin for some time, e.g. to let discovery happen."""
    spin_until(node, lambda: False, seconds)


def spin_until(node: Node, done: Callable[[], bool], seconds: float) -> bool:
    """Spin until something holds, no longer than this; return whether it does."""
    end = time.monotonic() + seconds
    while not done():
        left = end - time.monotonic()
        if left <= 0.0:
            return False
        rclpy.spin_once(node, timeout_sec=min(left, 0.1))
    return True


def is_hidden(name: str) -> bool:
    """Return whether a name is one that tools do not show."""
    return any(token.startswith('_') for token in name.split('/'))


def absolute(name: str) -> str:
    """Return the name with a leading slash."""
    return name if name.startswith('/') else f'/{name}'
