"""Smooth random tool motion for data collection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wm_core.config import BoxConfig


@dataclass(frozen=True)
class ExplorationConfig:
    """How data is collected. box: where the tool wanders, m; max_step: longest displacement of one action, m."""

    box: BoxConfig = BoxConfig(lower=(0.31, -0.29, 0.07), upper=(0.69, 0.29, 0.44))
    max_step: float = 0.05
    noise: float = 0.012  # m, standard deviation of the smooth noise on each axis
    persistence: float = 0.7  # of that noise, from one step to the next


class Exploration:
    """Wanders between random points of a box at random speeds, with smooth noise and pauses."""

    def __init__(self, config: ExplorationConfig, seed: int) -> None:
        self._config = config
        self._random = np.random.default_rng([seed, 4])
        self._noise = np.zeros(3)
        self._choose()

    def action(self, tool: np.ndarray) -> np.ndarray:
        """tool: (3,) m, where it is -> (3,) m, the displacement to make next; ends inside the box."""
        if self._left == 0 or np.linalg.norm(self._aim - tool) < 0.02:
            self._choose()
        self._left -= 1
        config = self._config
        fresh = self._random.normal(0.0, config.noise, 3) * np.sqrt(1.0 - config.persistence**2)
        self._noise = config.persistence * self._noise + fresh
        move = limit_norm(self._aim - tool, self._speed) + (self._noise if self._speed > 0.0 else 0.0)
        inside = np.clip(tool + move, config.box.lower, config.box.upper) - tool
        return limit_norm(inside, config.max_step)

    def _choose(self) -> None:
        self._aim = self._random.uniform(self._config.box.lower, self._config.box.upper)
        self._left = int(self._random.integers(3, 12))
        # A sixth of the time it rests: the model must learn that no action changes nothing.
        moving = self._random.random() > 1.0 / 6.0
        self._speed = self._config.max_step * self._random.uniform(0.2, 1.0) if moving else 0.0


def limit_norm(vector: np.ndarray, longest: float) -> np.ndarray:
    """`vector` (3,), shortened where it is longer than `longest`."""
    return vector * min(1.0, longest / max(float(np.linalg.norm(vector)), 1e-9))
