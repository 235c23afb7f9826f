"""Node health -> diagnostic_msgs/DiagnosticArray."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Mapping, Sequence

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from wm_ros.conversions.times import seconds_to_time


class Level(IntEnum):
    """Levels of diagnostic_msgs/DiagnosticStatus."""

    OK = 0
    WARN = 1
    ERROR = 2


@dataclass(frozen=True)
class Health:
    """How one part of a node is. name: '<node>: <part>'; message: for people; values: figures beside it."""

    name: str
    level: Level
    message: str
    values: Mapping[str, str] = field(default_factory=dict)


def diagnostics_message(parts: Sequence[Health], hardware_id: str, stamp: float) -> DiagnosticArray:
    """One status a part. stamp: s."""
    message = DiagnosticArray(status=[_status(part, hardware_id) for part in parts])
    message.header.stamp = seconds_to_time(stamp)
    return message


def _status(part: Health, hardware_id: str) -> DiagnosticStatus:
    values = [KeyValue(key=key, value=value) for key, value in part.values.items()]
    level = bytes([part.level])
    return DiagnosticStatus(level=level, name=part.name, message=part.message, hardware_id=hardware_id, values=values)
