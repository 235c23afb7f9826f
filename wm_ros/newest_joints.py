"""The newest joint states of one arm, on a topic where others may tell of their joints too."""

from __future__ import annotations

import time
from typing import Sequence

from rclpy.node import Node
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState

from wm_ros.newest import NewestMessages

# Messages kept between two looks: a gripper's driver at 1 kHz must not push out the arm's
_KEPT = 64
# s without a message about the arm after which another one is handed out, so that it can be named what it lacks
_PATIENCE = 1.0


class NewestJointStates:
    """Joint states that name a joint of the arm: a driver of the gripper often has a publisher of its own.

    What they are about is looked for in the bytes, at a third of what it takes to make a message of them.
    """

    def __init__(self, node: Node, names: Sequence[str], wanted: int = 2, topic: str = "joint_states") -> None:
        """names: of the arm's joints. wanted: how many are handed out at a look."""
        self._messages = NewestMessages(node, JointState, topic, _KEPT)
        self._names = [name.encode() + b"\0" for name in names]  # as strings end in CDR
        self._wanted = wanted
        self._last = time.monotonic()

    def take(self) -> list[JointState]:
        """The newest since the last call, oldest first, at most `wanted`. From the executor's thread.

        Where for a second nobody told of this arm, the newest of the others.
        """
        came = self._messages.take_raw()
        found: list[bytes] = []
        for message in reversed(came):
            if len(found) < self._wanted and any(name in message for name in self._names):
                found.append(message)
        now = time.monotonic()
        if found:
            self._last = now
        elif came and now - self._last > _PATIENCE:
            found = came[-1:]
        return [deserialize_message(message, JointState) for message in reversed(found)]

    def destroy(self) -> None:
        """Ends the subscription."""
        self._messages.destroy()
