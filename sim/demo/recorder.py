"""What is seen and felt while the demo runs: camera frames, joints, and the simulator's truth."""

from __future__ import annotations

import threading
from functools import partial

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import Image, JointState

from sim.scene import FINGER_JOINTS
from wm_core.types import Pose
from wm_ros.conversions import (
    Level,
    image_stamp,
    image_to_array,
    joint_state_from_message,
    pose_from_message,
    time_to_seconds,
)

_FRAME_PERIOD = 0.1  # s: enough for a film of it
_KEEP_ALL = QoSProfile(depth=200)  # on a busy machine messages come in bursts


class Recorder:
    """Fills itself from the node's thread; read it from any other. Times are stamps, s of the wall clock."""

    def __init__(self, node: Node, joint_names: tuple[str, ...]) -> None:
        self._names = joint_names
        self._lock = threading.Lock()
        self._frames: list[tuple[float, np.ndarray]] = []
        self._poses: dict[str, list[tuple[float, Pose]]] = {"tool": [], "part": []}
        self._opening = float("nan")
        self._joints: np.ndarray | None = None
        self._configure_error = ""
        node.create_subscription(Image, "camera/image_raw", self._on_image, 10)
        for what in self._poses:
            node.create_subscription(PoseStamped, f"sim/{what}_pose", partial(self._on_pose, what), _KEEP_ALL)
        node.create_subscription(JointState, "joint_states", self._on_joints, qos_profile_sensor_data)
        node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)

    @property
    def configure_error(self) -> str:
        """Why the planner could not be configured, '' if it did not say so."""
        with self._lock:
            return self._configure_error

    def ready(self) -> bool:
        """Whether everything has been heard of."""
        with self._lock:
            return bool(self._frames and all(self._poses.values()) and self._joints is not None)

    def frames(self, begin: float, end: float = float("inf")) -> list[tuple[float, np.ndarray]]:
        """(time, (H, W, 3)) in this span, about 10 a second."""
        with self._lock:
            return [item for item in self._frames if begin <= item[0] <= end]

    def last_frame(self) -> np.ndarray:
        """(H, W, 3)"""
        with self._lock:
            return self._frames[-1][1]

    def poses(self, what: str, begin: float, end: float = float("inf")) -> list[tuple[float, Pose]]:
        """what: 'tool' or 'part'. -> (time, true pose) in this span."""
        with self._lock:
            return [item for item in self._poses[what] if begin <= item[0] <= end]

    def opening(self) -> float:
        """m between the fingers, the newest."""
        with self._lock:
            return self._opening

    def joints(self) -> np.ndarray:
        """(J,) rad, the newest."""
        with self._lock:
            return self._joints

    def _on_image(self, message: Image) -> None:
        now = image_stamp(message)
        with self._lock:
            # Half a camera period early is near enough, or every third frame would be taken instead of every second.
            if not self._frames or now - self._frames[-1][0] > _FRAME_PERIOD - 0.025:
                self._frames.append((now, image_to_array(message).copy()))

    def _on_pose(self, what: str, message: PoseStamped) -> None:
        with self._lock:
            self._poses[what].append((time_to_seconds(message.header.stamp), pose_from_message(message)))

    def _on_joints(self, message: JointState) -> None:
        state = joint_state_from_message(message, self._names)
        fingers = joint_state_from_message(message, FINGER_JOINTS)
        with self._lock:
            self._joints, self._opening = state.position, float(fingers.position.sum())

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name == "planner: configure" and status.level == bytes([Level.ERROR]):
                with self._lock:
                    self._configure_error = status.message
