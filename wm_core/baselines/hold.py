"""Control: stays where it started."""

from __future__ import annotations

import numpy as np

from wm_core.evaluation.policy import Policy
from wm_core.types import Command, Goal, Observation


class HoldPolicy(Policy):
    """No motion, and the gripper as it is."""

    name = "hold"

    def start(self, seed: int) -> None:
        """Forgets the joints that it held."""
        self._held: np.ndarray | None = None

    def pursue(self, goal: Goal) -> None:
        """Whatever the goal."""

    def act(self, observation: Observation) -> Command:
        """The joints of the first observation."""
        if self._held is None:
            self._held = observation.joints.position
        return Command(self._held)
