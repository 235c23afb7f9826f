"""What the arm feels while it moves: the part between or against its fingers."""

from __future__ import annotations

import numpy as np

from sim.scene import PHYSICS_STEP, Scene
from wm_core.types import Felt

_FIRM = 0.5  # N a finger, from which on a part between both is held


class FeltMotion:
    """Adds up `Felt` over physics steps. A real arm has it from its joint torques and finger pads."""

    def __init__(self) -> None:
        self._carried = np.zeros(3)
        self._touched = 0
        self._steps = 0

    def add(self, scene: Scene) -> None:
        """One physics step that was just made."""
        self._steps += 1
        touches = scene.touches()
        if not touches:
            return
        self._touched += 1
        motion = scene.tool_velocity() * PHYSICS_STEP
        if _held(touches, scene.finger_links):
            self._carried += motion
            return
        force = sum(force for _, force in touches) * np.array([1.0, 1.0, 0.0])  # the table takes what presses down
        size = float(np.linalg.norm(force))
        if size > 0.0:
            self._carried += max(0.0, float(motion @ force) / size) * force / size

    def total(self) -> Felt:
        """Since it was made."""
        return Felt(self._carried.copy(), self._touched / max(1, self._steps))


def _held(touches: list[tuple[int, np.ndarray]], fingers: tuple[int, ...]) -> bool:
    pressed = [sum(float(np.linalg.norm(force)) for link, force in touches if link == finger) for finger in fingers]
    return min(pressed) > _FIRM
