"""The only place that reads or writes message fields: one file a message family.

`goal_messages` and `statistics_messages` (the types of `wm_interfaces`) are imported by their own names, so that whoever
needs standard messages only does not need our interface package.
"""

from wm_ros.conversions.diagnostics import Health, Level, diagnostics_message
from wm_ros.conversions.errors import ConversionError
from wm_ros.conversions.images import (
    array_to_image,
    camera_info_message,
    compressed_image_to_array,
    image_stamp,
    image_to_array,
)
from wm_ros.conversions.joints import joint_state_from_message, joint_state_to_message
from wm_ros.conversions.poses import pose_from_message, pose_to_message
from wm_ros.conversions.times import seconds_to_duration, seconds_to_time, time_to_seconds
from wm_ros.conversions.trajectories import message_to_trajectory, trajectory_to_message

__all__ = [
    "ConversionError",
    "Health",
    "Level",
    "array_to_image",
    "camera_info_message",
    "compressed_image_to_array",
    "diagnostics_message",
    "image_stamp",
    "image_to_array",
    "joint_state_from_message",
    "joint_state_to_message",
    "message_to_trajectory",
    "pose_from_message",
    "pose_to_message",
    "seconds_to_duration",
    "seconds_to_time",
    "time_to_seconds",
    "trajectory_to_message",
]
