"""The way of a forearm that somebody reaches in with."""

from __future__ import annotations

import numpy as np

from sim.forearm import LENGTH, RADIUS
from sim.perturbations.strengths import strengths
from sim.scene import pybullet
from wm_core.types import Pose

_EDGE = 0.25  # m from the middle of the table, where work begins
_OUTSIDE = 0.60  # m, where its tip comes from: out of sight
_SPEED = 0.6  # m/s
_ALONG = (0.42, 0.58)  # m, how far in front of the arm
_HEIGHT = 0.10  # m


class Visit:
    """It comes in from the left or the right, once, and stays."""

    def __init__(self, strength: str, seed: int) -> None:
        """strength: of `intruder` in perturbations.yaml. Raises `ValueError` for one that there is not."""
        random = np.random.default_rng([seed, 8])
        self._innermost = _EDGE - strengths().intruder.at(strength).depth_m
        self.onset = random.uniform(*strengths().onset_s)
        self._side, self._along = float(random.choice([-1.0, 1.0])), random.uniform(*_ALONG)

    def pose(self, seconds: float) -> Pose:
        """Where it is `seconds` after the start; it begins to come in at `onset`."""
        tip = max(self._innermost, _OUTSIDE - _SPEED * max(0.0, seconds - self.onset))
        centre = np.array([self._along, self._side * (tip + RADIUS + 0.5 * LENGTH), _HEIGHT])
        return Pose(centre, np.array(pybullet.getQuaternionFromEuler([0.5 * np.pi, 0.0, 0.0])))
