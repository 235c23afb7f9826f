"""Random motion low over the table, wherever the part may be."""

from __future__ import annotations

from wm_core.config import BoxConfig
from wm_core.training.behaviours.wander import Wander

_HEIGHT = 0.05  # m, of the layer over the table that it stays in


class Sweep(Wander):
    """Implements `Behaviour`: `Wander` near the table.

    Scripted pushes and grasps are low where the part is and nowhere else. A model trained on them alone reads where
    the part is from where the hand is low, and a planner finds that out.
    """

    def __init__(self, box: BoxConfig, max_step: float, seed: int) -> None:
        upper = (box.upper[0], box.upper[1], box.lower[2] + _HEIGHT)
        super().__init__(BoxConfig(lower=box.lower, upper=upper), max_step, seed)
