"""visualization_msgs/MarkerArray of a plan: where it leads the tool, and what else was considered."""

from __future__ import annotations

import numpy as np
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from wm_core.types import Plan
from wm_ros.conversions.points import point_to_message
from wm_ros.conversions.times import seconds_to_duration, seconds_to_time

_THICK, _THIN = 0.008, 0.002  # m
_OTHER = ColorRGBA(r=0.6, g=0.67, b=0.8, a=0.6)


def candidates_message(
    plan: Plan, tool: np.ndarray, doubtful: float, stamp: float, lifetime: float, frame_id: str
) -> MarkerArray:
    """The chosen tool path thick, from green to red as the model's doubt rises; alternatives thin and grey-blue.

    tool: (3,) m where the plan starts. doubtful: m, the uncertainty that is drawn red. stamp, lifetime: s; markers that
    are not renewed vanish. A model without an ensemble has no doubts: its path is green.
    """
    doubts = np.zeros(len(plan.tool_path)) if plan.uncertainty is None else plan.uncertainty
    shares = np.clip(np.concatenate([[0.0], doubts]) / doubtful, 0.0, 1.0)
    chosen = _line(0, "chosen", np.vstack([tool, plan.tool_path]), _THICK)
    chosen.colors = [ColorRGBA(r=float(share), g=1.0 - float(share), b=0.1, a=1.0) for share in shares]
    lines = [chosen]
    for number, other in enumerate(() if plan.explanation is None else plan.explanation.alternatives):
        lines.append(_line(number, "alternatives", np.vstack([tool, other.tool_path]), _THIN))
        lines[-1].color = _OTHER
    for line in lines:
        line.header.stamp, line.header.frame_id = seconds_to_time(stamp), frame_id
        line.lifetime = seconds_to_duration(lifetime)
    return MarkerArray(markers=lines)


def _line(number: int, group: str, path: np.ndarray, width: float) -> Marker:
    line = Marker(ns=group, id=number, type=Marker.LINE_STRIP, action=Marker.ADD)
    line.pose.orientation.w = 1.0
    line.scale.x = width
    line.points = [point_to_message(position) for position in path]
    line.color = ColorRGBA(a=1.0)
    return line
