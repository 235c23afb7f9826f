"""Smooth random tool motion."""

from __future__ import annotations

import numpy as np

from wm_core.config import BoxConfig
from wm_core.training.behaviours.behaviour import limit_norm
from wm_core.training.behaviours.route import SmoothNoise

_NOISE = 0.012  # m, standard deviation of the smooth noise on each axis
_PERSISTENCE = 0.7  # of that noise, from one step to the next


class Wander:
    """Implements `Behaviour`: between random points of the box at random speeds, with smooth noise and pauses."""

    def __init__(self, box: BoxConfig, max_step: float, seed: int) -> None:
        self._box, self._max_step = box, max_step
        self._random = np.random.default_rng([seed, 4])
        # Its own source: an arm with a gripper moves as one without.
        self._grip_random = np.random.default_rng([seed, 21])
        self._noise = SmoothNoise(self._random, _NOISE, _PERSISTENCE)
        self._choose()

    def action(self, tool: np.ndarray, part: np.ndarray, opening: float) -> tuple[np.ndarray, int]:
        """See `Behaviour`; knows nothing of the object."""
        if self._left == 0 or np.linalg.norm(self._aim - tool) < 0.02:
            self._choose()
        self._left -= 1
        noise = self._noise.draw()
        move = limit_norm(self._aim - tool, self._speed) + (noise if self._speed > 0.0 else 0.0)
        inside = np.clip(tool + move, self._box.lower, self._box.upper) - tool
        return limit_norm(inside, self._max_step), self._grip

    def _choose(self) -> None:
        self._aim = self._random.uniform(self._box.lower, self._box.upper)
        self._left = int(self._random.integers(3, 12))
        # A sixth of the time it rests: the model must learn that no action changes nothing.
        moving = self._random.random() > 1.0 / 6.0
        self._speed = self._max_step * self._random.uniform(0.2, 1.0) if moving else 0.0
        self._grip = int(self._grip_random.choice([-1, 0, 1], p=[0.2, 0.6, 0.2]))
