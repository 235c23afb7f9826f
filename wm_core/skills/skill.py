"""What a skill is: a name, its parameters, and the controls that they stand for."""

from __future__ import annotations

from typing import Mapping, Protocol

import numpy as np


class Skill(Protocol):
    """A parameterised action sequence, made to begin with the tool over the object, the fingers open.

    lifts: m that a held object goes up while it is done, 0 where it is not about lifting.
    """

    name: str
    parameters: Mapping[str, float]
    lifts: float

    def to_controls(self, tool: np.ndarray, max_step: float) -> np.ndarray:
        """tool: (3,) m, where it begins; max_step: m -> (H, 4), tool displacement (m) and gripper command (-1, 0, +1)."""


def travel(tool: np.ndarray, points: list[np.ndarray], longest: float, gripper: int = 0) -> np.ndarray:
    """From `tool` (3,) along straight legs to `points`, in equal steps of at most `longest` m each -> (H, 4)."""
    legs, here = [], np.asarray(tool, dtype=float)
    for point in points:
        way = np.asarray(point, dtype=float) - here
        count = int(np.ceil(np.linalg.norm(way) / longest - 1e-9))
        legs.append(np.tile(way / max(count, 1), (count, 1)))
        here = here + way
    moves = np.concatenate(legs)
    return np.concatenate([moves, np.full((len(moves), 1), float(gripper))], axis=1)


def stay(steps: int, gripper: int = 0) -> np.ndarray:
    """The tool where it is for `steps` steps -> (steps, 4)"""
    return np.tile([0.0, 0.0, 0.0, float(gripper)], (steps, 1))
