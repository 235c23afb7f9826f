"""sensor_msgs/JointState <-> JointState. Always by name: the order is the driver's business."""

from __future__ import annotations

from typing import Sequence

import numpy as np
from sensor_msgs.msg import JointState as JointStateMessage

from wm_core.types import JointState
from wm_ros.conversions.errors import ConversionError
from wm_ros.conversions.times import seconds_to_time, time_to_seconds


def joint_state_from_message(
    message: JointStateMessage,
    joint_names: Sequence[str],
    previous: JointState | None = None,
    source: str = "joint_states",
) -> JointState:
    """The named joints, in the order of `joint_names`; other joints (fingers, mimics) are ignored.

    A velocity that is missing or NaN (the driver's sign for 'no such interface') becomes the finite difference to
    `previous`, or zero without one. Raises `ConversionError` for missing or duplicate joints, arrays of
    unequal length and positions that are not finite; `source` is what its text calls the message.
    """
    rows = _rows(message, joint_names, source)
    position = _values(message.position, rows)
    bad = [name for name, value in zip(joint_names, position) if not np.isfinite(value)]
    if bad:
        raise ConversionError(f"{source} has a position that is not finite for {', '.join(bad)}")
    stamp = time_to_seconds(message.header.stamp)
    velocity = _values(message.velocity, rows)
    unknown = ~np.isfinite(velocity)
    if unknown.any():
        velocity = np.where(unknown, _difference(position, stamp, previous), velocity)
    return JointState(position, velocity, stamp)


def joint_state_to_message(
    names: Sequence[str], position: np.ndarray, velocity: np.ndarray, stamp: float
) -> JointStateMessage:
    """position: (J,) rad, velocity: (J,) rad/s, stamp: s."""
    message = JointStateMessage(name=list(names))
    message.header.stamp = seconds_to_time(stamp)
    message.position = np.asarray(position, dtype=float).tolist()
    message.velocity = np.asarray(velocity, dtype=float).tolist()
    return message


def _rows(message: JointStateMessage, joint_names: Sequence[str], source: str) -> list[int]:
    names = list(message.name)
    index = {name: row for row, name in enumerate(names)}
    if len(index) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ConversionError(f"{source} names {', '.join(twice)} more than once")
    for field, values in (("position", message.position), ("velocity", message.velocity), ("effort", message.effort)):
        if len(values) not in (0, len(names)):
            raise ConversionError(f"{source} has {len(values)} values of {field}, expected {len(names)} or none")
    missing = [name for name in joint_names if name not in index]
    if missing:
        raise ConversionError(f"{source} lacks {', '.join(missing)}; it has: {', '.join(names) or 'no joints'}")
    return [index[name] for name in joint_names]


def _values(values: Sequence[float], rows: list[int]) -> np.ndarray:
    return np.array([values[row] for row in rows]) if len(values) else np.full(len(rows), np.nan)


def _difference(position: np.ndarray, stamp: float, previous: JointState | None) -> np.ndarray:
    if previous is None or stamp <= previous.stamp:
        return np.zeros(len(position))
    return (position - previous.position) / (stamp - previous.stamp)
