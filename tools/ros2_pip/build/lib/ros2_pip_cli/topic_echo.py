"""Printing messages."""

from __future__ import annotations

import array
from typing import Any

import numpy as np
import rclpy
import yaml
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from .node import APPEAR_SECONDS, spin_until

_TRUNCATE = 128


def echo(node: Node, topic: str, message_type: type, *, once: bool) -> None:
    """Print messages as YAML documents, until interrupted or after the first."""
    seen = []

    def show(message: Any) -> None:
        if once and seen:
            return
        seen.append(True)
        print(to_yaml(message), end='---\n')

    spin_until(node, lambda: node.count_publishers(topic) > 0, APPEAR_SECONDS)
    node.create_subscription(message_type, topic, show, matching_qos(node, topic))
    while not (once and seen):
        rclpy.spin_once(node)


def matching_qos(node: Node, topic: str) -> QoSProfile:
    """Return a profile that connects to all publishers there are now."""
    publishers = [info.qos_profile for info in node.get_publishers_info_by_topic(topic)]
    reliable = publishers and all(
        qos.reliability == ReliabilityPolicy.RELIABLE for qos in publishers)
    latched = publishers and all(
        qos.durability == DurabilityPolicy.TRANSIENT_LOCAL for qos in publishers)
    return QoSProfile(
        depth=5,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE)


def to_yaml(message: Any) -> str:
    """Return the message as YAML; long arrays and strings are cut."""
    return yaml.safe_dump(
        _plain(message), sort_keys=False, allow_unicode=True, width=float('inf'),
        default_flow_style=False)


def _plain(value: Any) -> Any:
    """Return the value made of what YAML knows."""
    if isinstance(value, bytes):
        value = ''.join(map(chr, value))
    if isinstance(value, str):
        return value if len(value) <= _TRUNCATE else f'{value[:_TRUNCATE]}...'
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple, array.array, np.ndarray)):
        items = [_plain(item) for item in value[:_TRUNCATE]]
        return items if len(value) <= _TRUNCATE else [*items, '...']
    if isinstance(value, (bool, int, float)):
        return value
    return {name: _plain(getattr(value, name)) for name in value.get_fields_and_field_types()}
