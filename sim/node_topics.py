"""The topics of the simulator node: those of a real arm and camera, and two of ground truth."""

from __future__ import annotations

import time
from functools import partial
from typing import Callable

import numpy as np
from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory

from sim.camera_topics import CameraTopics
from sim.node_parameters import SimParameters
from sim.scene import ARM_JOINTS, FINGER_JOINTS, urdf_path
from wm_core.types import Frame, JointState, Pose, Trajectory
from wm_ros.conversions import (
    ConversionError,
    joint_state_to_message,
    message_to_trajectory,
    pose_to_message,
)
from wm_ros.conversions.clock import clock_message, text_message

_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
# The fingers first, as no planner would have it: whoever indexes joint_states by row fails here, not on the arm.
_DRIVER_ORDER = FINGER_JOINTS + ARM_JOINTS

TrajectorySink = Callable[[Trajectory, "float | None"], None]


class SimTopics:
    """Implements `sim.real_time.Outputs`; every trajectory that can be read goes to `order`, or `order_fingers`."""

    def __init__(
        self,
        node: Node,
        parameters: SimParameters,
        intrinsics: tuple[tuple[float, float, float, float], ...],
        order: TrajectorySink,
        order_fingers: TrajectorySink,
    ) -> None:
        """intrinsics: fx, fy, cx, cy in pixels, of the planner's camera and of the watch camera."""
        self._node, self._parameters = node, parameters
        self._reason, self._told = "", 0.0
        self._joints = node.create_publisher(JointStateMessage, "joint_states", 10)
        frame = parameters.camera_frame
        self._cameras = tuple(
            CameraTopics(node, name, name_of_frame, numbers)
            for name, name_of_frame, numbers in zip(("camera", "watch_camera"), (frame, f"watch_{frame}"), intrinsics)
        )
        # For scoring only: no planner subscribes to these, an arm in the world cannot publish them.
        self._tool_pose = node.create_publisher(PoseStamped, "~/tool_pose", 10)
        self._part_pose = node.create_publisher(PoseStamped, "~/part_pose", 10)
        self._clock = node.create_publisher(Clock, "/clock", 10) if parameters.publish_clock else None
        self._description = node.create_publisher(String, "robot_description", _LATCHED)
        self._description.publish(text_message(robot_description()))
        controllers = ((parameters.controller, order), (parameters.gripper_controller, order_fingers))
        self._subscriptions = [
            node.create_subscription(JointTrajectory, f"{name}/joint_trajectory", partial(self._on_trajectory, taker), 10)
            for name, taker in controllers
        ]

    def clock(self, stamp: float) -> None:
        """/clock, where it is asked for."""
        if self._clock is not None:
            self._clock.publish(clock_message(stamp))

    def joints(self, arm: JointState, fingers: np.ndarray, finger_velocity: np.ndarray) -> None:
        """joint_states, with the fingers."""
        position = np.concatenate([fingers, arm.position])
        velocity = np.concatenate([finger_velocity, arm.velocity])
        self._joints.publish(joint_state_to_message(_DRIVER_ORDER, position, velocity, arm.stamp))

    def truth(self, tool: Pose, part: Pose, stamp: float) -> None:
        """~/tool_pose and ~/part_pose."""
        frame = self._parameters.base_frame
        self._tool_pose.publish(pose_to_message(tool, stamp, frame))
        self._part_pose.publish(pose_to_message(part, stamp, frame))

    def frame(self, frame: Frame, camera: int) -> None:
        """The image and its camera_info; camera: 0 the planner's, 1 the watch camera."""
        self._cameras[camera].publish(frame)

    def wanted(self, camera: int) -> bool:
        """Whether anybody looks through it; the planner's camera works for nobody, too."""
        return camera == 0 or self._cameras[camera].has_listeners()

    def rejected(self, reason: str) -> None:
        """Logs why a trajectory is not followed, as the controller does; the same reason once a second."""
        now = time.monotonic()
        if reason != self._reason or now > self._told + 1.0:
            self._reason, self._told = reason, now
            self._node.get_logger().error(f"trajectory rejected: {reason}")

    def warn(self, text: str) -> None:
        """Logs, once a second at most."""
        self._node.get_logger().warning(text, throttle_duration_sec=1.0)

    def _on_trajectory(self, order: TrajectorySink, message: JointTrajectory) -> None:
        try:
            trajectory, start = message_to_trajectory(message)
        except ConversionError as error:
            self.rejected(str(error))
            return
        order(trajectory, start)


def robot_description() -> str:
    """The URDF, with its meshes where they really are: its own `package://meshes` is nobody's package."""
    path = urdf_path()
    return path.read_text().replace("package://meshes", f"file://{path.parent}/meshes")
