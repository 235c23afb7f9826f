"""Control: what luck alone gives."""

from __future__ import annotations

import numpy as np

from wm_core.baselines.mover import Mover
from wm_core.evaluation.policy import Policy
from wm_core.types import Command, Goal, Observation


class RandomPolicy(Policy):
    """Uniformly random tool displacements up to the longest action, and random gripper commands."""

    name = "random"

    def __init__(self, mover: Mover) -> None:
        self._mover = mover

    def start(self, seed: int) -> None:
        """Draws from `seed` alone."""
        self._random = np.random.default_rng([seed, 5])

    def pursue(self, goal: Goal) -> None:
        """Whatever the goal."""

    def act(self, observation: Observation) -> Command:
        """Another draw."""
        longest = self._mover.max_step
        move = self._random.uniform(-longest, longest, 3)
        return Command(self._mover.step(observation.joints.position, move), int(self._random.integers(-1, 2)))
