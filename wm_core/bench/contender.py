"""What is measured: a way to choose controls within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from wm_core.types import Goal, Observation


class Contender(Protocol):
    """Looks, imagines, chooses. name: of the planner; backend: what computes the rollouts."""

    name: str
    backend: str

    def reset(self, seed: int) -> None:
        """A new episode; whatever is random is drawn from `seed` alone, and no plan is remembered."""

    def plan(self, observations: Sequence[Observation], goal: Goal) -> np.ndarray:
        """observations: as `WorldModel.encode` takes them; goal: with a picture -> (H, A) m of tool displacement, then the
        gripper's command where there is one."""
