"""Where an arm goes while it is recorded: all over its workspace, near and far, and now and then nowhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wm_core.config import BoxConfig

_NEAR = 0.01, 0.1  # m, how far away an aim is that is near, evenly over orders of magnitude
_RESTS = 1.0 / 12.0  # share of the legs: the model must learn that no action changes nothing
_MARGIN = 0.02  # m from the box's faces, beyond which the guard lets nothing through
_SHORTEST, _LONGEST = 0.6, 2.4  # s


@dataclass(frozen=True, eq=False)
class Leg:
    """aim: (3,) m for the tool, None to rest; seconds: after which the next one begins, wherever the tool is then."""

    aim: np.ndarray | None
    seconds: float


class Roaming:
    """Half of the aims are anywhere in the box, half are near: short and slow motion comes of those."""

    def __init__(self, box: BoxConfig, seed: int, episode: int) -> None:
        """episode: with which it begins, so that a recording that goes on does not go the same ways again."""
        lower, upper = np.array(box.lower), np.array(box.upper)
        margin = np.minimum(_MARGIN, 0.25 * (upper - lower))
        self._lower, self._upper = lower + margin, upper - margin
        self._random = np.random.default_rng([seed, episode, 31])

    def next(self, tool: np.ndarray) -> Leg:
        """tool: (3,) m, where it is."""
        seconds = float(self._random.uniform(_SHORTEST, _LONGEST))
        kind = self._random.random()
        if kind < _RESTS:
            return Leg(None, 0.5 * seconds)
        near = kind < 0.5 * (1.0 + _RESTS)
        aim = self._near(tool) if near else self._random.uniform(self._lower, self._upper)
        return Leg(np.clip(aim, self._lower, self._upper), seconds)

    def _near(self, tool: np.ndarray) -> np.ndarray:
        way = self._random.normal(size=3)
        far = np.exp(self._random.uniform(*np.log(_NEAR)))
        return tool + way * far / max(float(np.linalg.norm(way)), 1e-9)
