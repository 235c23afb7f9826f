"""Scripted pushes with noise: along a random direction, from behind the part, and on to the next."""

from __future__ import annotations

import numpy as np

from wm_core.config import BoxConfig
from wm_core.training.behaviours.route import Route, SmoothNoise

_STAND_OFF = (0.045, 0.075)  # m from the part's centre, where a push begins
_LENGTH = (0.04, 0.17)  # m that the tool pushes on, past the stand-off
_CARRY_HEIGHT = (0.07, 0.13)  # m, of the tool on its way around the part
_PUSH_HEIGHT = (0.032, 0.045)  # m
_ASIDE = 0.010  # m, standard deviation of where the push line misses the part's centre
_SLOW = 0.03  # m a step, low over the table


class Push:
    """Implements `Behaviour`. The part is pushed toward random places of the box's middle, so that it stays in it."""

    def __init__(self, box: BoxConfig, max_step: float, seed: int) -> None:
        """box: where the tool may go, m. max_step: m in one action."""
        self._random = np.random.default_rng([seed, 10])
        self._lower, self._upper = np.array(box.lower), np.array(box.upper)
        self._noise = SmoothNoise(self._random, 0.004)
        self._route = Route(max_step)
        self._open = self._random.random() < 0.15  # now and then with open fingers

    def action(self, tool: np.ndarray, part: np.ndarray, opening: float) -> tuple[np.ndarray, int]:
        """See `Behaviour`."""
        if self._route.done(tool):
            self._plan(tool, part)
        speed = _SLOW if tool[2] < 0.07 else self._route.max_step
        move = self._route.next(tool, speed) + self._noise.draw()
        inside = np.clip(tool + move, self._lower, self._upper) - tool
        return inside, 1 if self._open else -1

    def _plan(self, tool: np.ndarray, part: np.ndarray) -> None:
        margin = np.array([0.06, 0.06])
        aim = self._random.uniform(self._lower[:2] + margin, self._upper[:2] - margin)
        way = aim - part[:2]
        direction = way / max(float(np.linalg.norm(way)), 1e-6)
        length = min(float(np.linalg.norm(way)), self._random.uniform(*_LENGTH))
        sideways = np.array([-direction[1], direction[0]]) * self._random.normal(0.0, _ASIDE)
        stand_off = self._random.uniform(*_STAND_OFF)
        begin = part[:2] - direction * stand_off + sideways
        end = part[:2] + direction * (length - 0.03) + sideways
        high, low = self._random.uniform(*_CARRY_HEIGHT), self._random.uniform(*_PUSH_HEIGHT)
        points = [
            np.array([*begin, high]),
            np.array([*begin, low]),
            np.array([*end, low]),
        ]
        if self._random.random() < 0.7:
            points.append(np.array([*(end - 0.02 * direction), high]))
        if np.linalg.norm(tool[:2] - begin) > 0.03 and tool[2] < 0.06:
            points.insert(0, np.array([*tool[:2], high]))
        self._route.follow([np.clip(point, self._lower, self._upper) for point in points])
