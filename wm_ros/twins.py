"""Whether another living node bears this node's name."""

from __future__ import annotations

import time

import rclpy
from lifecycle_msgs.srv import GetState
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode


def has_living_twin(node: LifecycleNode, timeout: float = 2.0) -> bool:
    """Call it from one of the node's own callbacks: while that runs, only a twin can answer in this node's name.

    The graph alone does not tell: it shows a node that was killed for as long as its lease lasts.
    """
    name = node.get_fully_qualified_name()
    seen = [f"{space.rstrip('/')}/{other}" for other, space in node.get_node_names_and_namespaces()]
    return seen.count(name) > 1 and _answers(node, name, timeout)


def _answers(node: LifecycleNode, name: str, timeout: float) -> bool:
    helper = rclpy.create_node(f"_{node.get_name()}_twins", context=node.context, use_global_arguments=False)
    client = helper.create_client(GetState, f"{name}/get_state")
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(helper)
    end = time.monotonic() + timeout
    try:
        # Asked again and again: a twin that is just starting may not have found us at the first time.
        while time.monotonic() < end:
            if client.service_is_ready():
                answer = client.call_async(GetState.Request())
                executor.spin_until_future_complete(answer, timeout_sec=0.3)
                if answer.done():
                    return True
            else:
                executor.spin_once(timeout_sec=0.05)
        return False
    finally:
        executor.shutdown()
        helper.destroy_node()
