"""trajectory_msgs/JointTrajectory <-> Trajectory."""

from __future__ import annotations

from typing import Sequence

import numpy as np
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from wm_core.types import Trajectory
from wm_ros.conversions.errors import ConversionError
from wm_ros.conversions.times import seconds_to_duration, seconds_to_time, time_to_seconds


def message_to_trajectory(message: JointTrajectory) -> tuple[Trajectory, float | None]:
    """-> the trajectory, and the stamp of its start in s (None: starts when it arrives).

    Only the shape is checked: whether the values make sense is for the guard and the controller to say.
    Without points the arrays have zero rows. Raises `ConversionError`.
    """
    names = tuple(message.joint_names)
    times = np.array([time_to_seconds(point.time_from_start) for point in message.points])
    positions = _field(message, "positions")
    if positions is None:
        raise ConversionError(f"trajectory of {len(times)} points has no positions")
    trajectory = Trajectory(names, times, positions, _field(message, "velocities"), _field(message, "accelerations"))
    return trajectory, time_to_seconds(message.header.stamp) or None


def trajectory_to_message(trajectory: Trajectory, stamp: float = 0.0) -> JointTrajectory:
    """stamp: s, 0 means 'start now' to a controller."""
    message = JointTrajectory(joint_names=list(trajectory.names))
    message.header.stamp = seconds_to_time(stamp)
    for row, time in enumerate(trajectory.times):
        point = JointTrajectoryPoint(time_from_start=seconds_to_duration(float(time)))
        point.positions = trajectory.positions[row].tolist()
        if trajectory.velocities is not None:
            point.velocities = trajectory.velocities[row].tolist()
        if trajectory.accelerations is not None:
            point.accelerations = trajectory.accelerations[row].tolist()
        message.points.append(point)
    return message


def _field(message: JointTrajectory, field: str) -> np.ndarray | None:
    rows: list[Sequence[float]] = [getattr(point, field) for point in message.points]
    joints = len(message.joint_names)
    if not rows:
        return np.zeros((0, joints)) if field == "positions" else None
    if not any(len(row) for row in rows):
        return None
    for number, row in enumerate(rows):
        if len(row) != joints:
            raise ConversionError(f"trajectory point {number} has {len(row)} {field}, expected {joints}, one a joint")
    return np.array(rows, dtype=float)
