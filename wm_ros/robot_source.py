"""The configured arm: its YAML file and its URDF, from a file or from /robot_description."""

from __future__ import annotations

import time

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import String

from wm_core.config import RobotConfig
from wm_core.kinematics.urdf_arm import KinematicsError, UrdfArm, load_arm
from wm_core.resources import find_robot


def load_robot(node: Node, name: str, timeout: float) -> tuple[RobotConfig, UrdfArm]:
    """The robot by name or path. timeout: s to wait for its description where the file names no URDF.

    Raises `ConfigError` or `KinematicsError`.
    """
    robot = find_robot(name)
    urdf = receive_description(node, timeout) if robot.urdf is None else None
    if robot.urdf is None and urdf is None:
        topic = node.resolve_topic_name("robot_description")
        raise KinematicsError(f"robot '{robot.name}' names no urdf, and none came on {topic} within {timeout:g} s: is its publisher running?")
    return robot, load_arm(robot, urdf)


def receive_description(node: Node, timeout: float) -> str | None:
    """The URDF on robot_description, None if none came within `timeout` s. Does not need `node` to be spinning."""
    topic = node.resolve_topic_name("robot_description")
    received: list[str] = []
    qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    helper = rclpy.create_node(f"_{node.get_name()}_description", context=node.context, use_global_arguments=False)
    helper.create_subscription(String, topic, lambda message: received.append(message.data), qos)
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(helper)
    try:
        end = time.monotonic() + timeout
        while not received and time.monotonic() < end:
            executor.spin_once(timeout_sec=0.1)
    finally:
        executor.shutdown()
        helper.destroy_node()
    return received[0] if received else None
