"""Several behaviours in one episode, and all of them by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from wm_core.config import BoxConfig, ConfigError
from wm_core.training.behaviours.behaviour import Behaviour
from wm_core.training.behaviours.grasp import Grasp
from wm_core.training.behaviours.push import Push
from wm_core.training.behaviours.sweep import Sweep
from wm_core.training.behaviours.wander import Wander

BEHAVIOURS: dict[str, Callable[[BoxConfig, float, int], Behaviour]] = {
    "wander": Wander,
    "sweep": Sweep,
    "push": Push,
    "grasp": Grasp,
}

_SEGMENT = (12, 40)  # actions, from and below: long enough for a grasp, and broken off often enough


class Mixture:
    """Implements `Behaviour`: hands over to another one, begun anew, at random moments; weights say how often to whom."""

    def __init__(self, weights: Mapping[str, float], box: BoxConfig, max_step: float, seed: int) -> None:
        """weights: by names of `BEHAVIOURS`. Raises `ConfigError` for unknown names or weights that choose nothing."""
        check_mix(weights)
        self._names = sorted(weights)
        self._shares = np.array([weights[name] for name in self._names]) / sum(weights.values())
        self._box, self._max_step = box, max_step
        self._random = np.random.default_rng([seed, 20])
        self._choose()

    def action(self, tool: np.ndarray, part: np.ndarray, opening: float) -> tuple[np.ndarray, int]:
        """See `Behaviour`."""
        if self._left == 0:
            self._choose()
        self._left -= 1
        return self._now.action(tool, part, opening)

    def _choose(self) -> None:
        name = self._names[self._random.choice(len(self._names), p=self._shares)]
        self._now = BEHAVIOURS[name](self._box, self._max_step, int(self._random.integers(2**31)))
        self._left = int(self._random.integers(*_SEGMENT))


def check_mix(weights: Mapping[str, float]) -> None:
    """Raises `ConfigError`."""
    unknown = [name for name in weights if name not in BEHAVIOURS]
    if unknown:
        raise ConfigError(f"behaviour '{unknown[0]}' is not known: expected one of: {', '.join(sorted(BEHAVIOURS))}")
    if not weights or min(weights.values()) < 0.0 or sum(weights.values()) <= 0.0:
        raise ConfigError(f"weights of behaviours must be 0 or more, and one above 0; got {dict(weights)}")
