"""How pictures come: the message, its topic beside the camera's, its quality of service, and how it is read."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image

from wm_ros.conversions import compressed_image_to_array, image_to_array

TRANSPORTS, RELIABILITIES = ("raw", "compressed"), ("reliable", "best_effort")


class ImageTopic:
    """One way that pictures may come."""

    def __init__(self, transport: str, reliability: str, depth: int = 1) -> None:
        """transport: of `TRANSPORTS`; reliability: of `RELIABILITIES`. depth: pictures that may wait."""
        self._compressed = transport == "compressed"
        policy = ReliabilityPolicy.RELIABLE if reliability == "reliable" else ReliabilityPolicy.BEST_EFFORT
        self._quality = QoSProfile(depth=depth, reliability=policy)

    def subscribe(self, node: Node, topic: str, take: Callable[[Any], None], on_mismatch: Callable[[Any], None]) -> Subscription:
        """take: of each message; on_mismatch: where a publisher's reliability does not fit."""
        events = SubscriptionEventCallbacks(incompatible_qos=on_mismatch)
        kind = CompressedImage if self._compressed else Image
        return node.create_subscription(kind, self.name(node, topic), take, self._quality, event_callbacks=events)

    def name(self, node: Node, topic: str) -> str:
        """In full, where the pictures of a camera's `topic` come."""
        # Remapped first: whoever renames the camera's topic means the compressed one beside it as well.
        return node.resolve_topic_name(topic) + ("/compressed" if self._compressed else "")

    def read(self, message: Any) -> np.ndarray:
        """-> (H, W, 3) uint8 RGB. Raises `ConversionError`."""
        return compressed_image_to_array(message) if self._compressed else image_to_array(message)
