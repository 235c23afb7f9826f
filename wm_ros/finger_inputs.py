"""What is known of the fingers, filled by callbacks and read by the planning thread."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np

from wm_core.gripper import Gripper
from wm_core.types import JointState, Trajectory


class FingerInputs:
    """Measured states and the last command; safe to use from several threads."""

    def __init__(self, gripper: Gripper | None) -> None:
        """gripper: None where none is planned with; then nothing is ever known."""
        self._gripper = gripper
        self._lock = threading.Lock()
        self._states: deque[JointState] = deque(maxlen=256)
        self._told: np.ndarray | None = None

    def add(self, state: JointState) -> None:
        """A measured state, (F,). One whose stamp goes back clears what was there."""
        with self._lock:
            if self._states and state.stamp < self._states[-1].stamp:
                self._states.clear()
            self._states.append(state)

    @property
    def newest(self) -> JointState | None:
        """The newest state."""
        with self._lock:
            return self._states[-1] if self._states else None

    def opening(self, stamp: float) -> float | None:
        """m between the fingers at about `stamp` (s)."""
        with self._lock:
            if self._gripper is None or not self._states:
                return None
            return self._gripper.opening(min(self._states, key=lambda state: abs(state.stamp - stamp)).position)

    def command(self, trajectory: Trajectory) -> None:
        """The guard sent this to the gripper's controller."""
        with self._lock:
            self._told = trajectory.positions[-1]

    @property
    def told(self) -> np.ndarray | None:
        """(F,), where the fingers were last told to go since `forget`."""
        with self._lock:
            return self._told

    def forget(self) -> None:
        """A new goal tells the fingers anew: who knows what became of them meanwhile."""
        with self._lock:
            self._told = None
