"""The topics of one simulated camera."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image

from wm_core.types import Frame
from wm_ros.conversions import array_to_image, camera_info_message

# Reliable: Fast DDS loses nearly every best-effort image of 640x480; a best-effort reader matches all the same.
_QOS = QoSProfile(depth=1)


class CameraTopics:
    """<name>/image_raw and <name>/camera_info."""

    def __init__(self, node: Node, name: str, frame_id: str, intrinsics: tuple[float, float, float, float]) -> None:
        """intrinsics: fx, fy, cx, cy in pixels."""
        self._frame_id, self._intrinsics = frame_id, intrinsics
        self._image = node.create_publisher(Image, f"{name}/image_raw", _QOS)
        self._info = node.create_publisher(CameraInfo, f"{name}/camera_info", _QOS)

    def publish(self, frame: Frame) -> None:
        """Both, with equal stamps."""
        height, width = frame.image.shape[:2]
        self._image.publish(array_to_image(frame.image, frame.stamp, self._frame_id))
        self._info.publish(camera_info_message(width, height, *self._intrinsics, frame.stamp, self._frame_id))

    def has_listeners(self) -> bool:
        """Whether anybody subscribes to either."""
        return self._image.get_subscription_count() + self._info.get_subscription_count() > 0
