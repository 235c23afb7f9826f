"""geometry_msgs/Point <-> position."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import Point

from wm_ros.conversions.errors import ConversionError


def point_from_message(message: Point, source: str) -> np.ndarray:
    """-> (3,) m. source: what the point is, for the `ConversionError` that one gets which is not finite."""
    position = np.array([message.x, message.y, message.z])
    if not np.isfinite(position).all():
        raise ConversionError(f"{source} is {position.tolist()}, expected finite numbers")
    return position


def point_to_message(position: np.ndarray) -> Point:
    """position: (3,) m"""
    x, y, z = (float(value) for value in position)
    return Point(x=x, y=y, z=z)
