"""geometry_msgs/PoseStamped <-> Pose."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import PoseStamped

from wm_core.types import Pose
from wm_ros.conversions.errors import ConversionError
from wm_ros.conversions.times import seconds_to_time


def pose_from_message(message: PoseStamped, frame_id: str = "") -> Pose:
    """A quaternion of four zeros means that the orientation is free; any other is normalised.

    frame_id: the arm's base frame; another one in the message is refused, since nothing here transforms.
    An empty one, on either side, is taken as the base frame. Raises `ConversionError`.
    """
    given = message.header.frame_id
    if frame_id and given and given != frame_id:
        raise ConversionError(f"pose is in frame '{given}', expected '{frame_id}'")
    point, turn = message.pose.position, message.pose.orientation
    position = np.array([point.x, point.y, point.z])
    orientation = np.array([turn.x, turn.y, turn.z, turn.w])
    if not (np.isfinite(position).all() and np.isfinite(orientation).all()):
        raise ConversionError(f"pose is not finite: position {position.tolist()}, orientation {orientation.tolist()}")
    length = float(np.linalg.norm(orientation))
    if length == 0.0:
        return Pose(position)
    if not 0.9 < length < 1.1:
        raise ConversionError(f"pose orientation {orientation.tolist()} has length {length:.3f}, expected 1 (or all zero)")
    return Pose(position, orientation / length)


def pose_to_message(pose: Pose, stamp: float, frame_id: str) -> PoseStamped:
    """A free orientation is written as four zeros."""
    message = PoseStamped()
    message.header.stamp = seconds_to_time(stamp)
    message.header.frame_id = frame_id
    point, turn = message.pose.position, message.pose.orientation
    point.x, point.y, point.z = (float(value) for value in pose.position)
    orientation = np.zeros(4) if pose.orientation is None else pose.orientation
    turn.x, turn.y, turn.z, turn.w = (float(value) for value in orientation)
    return message
