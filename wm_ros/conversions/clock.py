"""rosgraph_msgs/Clock and std_msgs/String: one field each."""

from __future__ import annotations

from rosgraph_msgs.msg import Clock
from std_msgs.msg import String

from wm_ros.conversions.times import seconds_to_time


def clock_message(seconds: float) -> Clock:
    """seconds: what simulated time shows."""
    return Clock(clock=seconds_to_time(seconds))


def text_message(text: str) -> String:
    """Such as the URDF on /robot_description."""
    return String(data=text)
