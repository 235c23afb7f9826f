"""What a gripper's joints mean: the opening between its fingers, where a command takes them, their limits. Free of torch."""

from __future__ import annotations

import numpy as np

from wm_core.config import GripperConfig


class Gripper:
    """Arrays are (F,), one value a finger joint, in the order of `names`: m, or rad for joints that turn."""

    def __init__(self, config: GripperConfig) -> None:
        self.names = tuple(config.joint_names)
        self.closed, self.open = np.array(config.closed), np.array(config.open)
        self.lower, self.upper = np.minimum(self.closed, self.open), np.maximum(self.closed, self.open)
        self.speed = np.array(config.speed)
        self._width = config.opening

    def opening(self, position: np.ndarray) -> float:
        """position: (F,), measured -> m between the fingers"""
        return self._width * float(np.mean((position - self.closed) / (self.open - self.closed)))

    def target(self, command: int) -> np.ndarray:
        """command: above 0 opens, below 0 closes -> (F,)"""
        return self.open if command > 0 else self.closed

    def way(self, position: np.ndarray, command: int, times: np.ndarray) -> np.ndarray:
        """At full speed from `position` (F,) to where `command` leads -> (N, F), where the fingers are at `times` (N,) s."""
        begin = np.clip(position, self.lower, self.upper)
        reach = np.asarray(times)[:, None] * self.speed
        return begin + np.clip(self.target(command) - begin, -reach, reach)
