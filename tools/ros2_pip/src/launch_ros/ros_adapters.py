"""The ROS node through which launch talks to the nodes it starts."""

from __future__ import annotations

import os
import threading

import rclpy
from launch.event_handlers import OnShutdown
from launch.launch_context import LaunchContext
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node


class ROSAdapter:
    """A ROS node, spun in a thread of its own until shut down."""

    def __init__(self) -> None:
        self._ros_context = rclpy.Context()
        rclpy.init(args=[], context=self._ros_context)
        self.ros_node = rclpy.create_node(
            f'launch_ros_{os.getpid()}', context=self._ros_context)
        self._executor = SingleThreadedExecutor(context=self._ros_context)
        self._executor.add_node(self.ros_node)
        self._running = True
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        while self._running:
            try:
                self._executor.spin_once(timeout_sec=1.0)
            except ExternalShutdownException:
                return

    def shutdown(self) -> None:
        """Stop spinning and drop the node."""
        self._running = False
        self._executor.wake()
        self._thread.join()
        self._executor.shutdown()
        self.ros_node.destroy_node()
        rclpy.shutdown(context=self._ros_context)


def get_ros_node(context: LaunchContext) -> Node:
    """Return the node of this launch context, made at the first call, until shutdown."""
    adapter = context.get_locals_as_dict().get('ros_adapter')
    if adapter is None:
        adapter = ROSAdapter()
        context.extend_globals({'ros_adapter': adapter})
        context.register_event_handler(OnShutdown(on_shutdown=lambda *_: adapter.shutdown()))
    return adapter.ros_node
