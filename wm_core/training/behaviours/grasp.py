"""Scripted picking and placing with noise: grasp, lift, carry, put down, let go; some of it missed on purpose."""

from __future__ import annotations

import numpy as np

from wm_core.config import BoxConfig
from wm_core.training.behaviours.route import Route, SmoothNoise

_ABOVE = (0.08, 0.16)  # m, of the tool before it goes down and after it lifted
_DOWN = (0.032, 0.045)  # m, of the tool while it grasps
_MISS = 0.006  # m, standard deviation of where it grasps
_SLOW = 0.03  # m a step, low over the table
_CLOSING, _OPENING = 3, 2  # steps that the fingers are given


class Grasp:
    """Implements `Behaviour`."""

    def __init__(self, box: BoxConfig, max_step: float, seed: int) -> None:
        """box: where the tool may go, m. max_step: m in one action."""
        self._random = np.random.default_rng([seed, 11])
        self._lower, self._upper = np.array(box.lower), np.array(box.upper)
        self._noise = SmoothNoise(self._random, 0.003)
        self._route = Route(max_step)
        self._holding = False
        self._waiting = 0
        self._command = 1

    def action(self, tool: np.ndarray, part: np.ndarray, opening: float) -> tuple[np.ndarray, int]:
        """See `Behaviour`."""
        if self._waiting > 0:
            self._waiting -= 1
            return 0.5 * self._noise.draw(), self._command
        if self._route.done(tool):
            self._next(tool, part)
            if self._waiting > 0:
                return 0.5 * self._noise.draw(), self._command
        speed = _SLOW if tool[2] < 0.07 else self._route.max_step
        move = self._route.next(tool, speed) + self._noise.draw()
        inside = np.clip(tool + move, self._lower, self._upper) - tool
        # Half of the time it says again what the fingers do already: both must mean the same to the model.
        return inside, self._command if self._random.random() < 0.5 else 0

    def _next(self, tool: np.ndarray, part: np.ndarray) -> None:
        """Goes round: to the part, close, carry, open."""
        if self._route.empty:
            self._command, self._holding = 1, False
            self._approach(part, tool)
        elif not self._holding:
            self._command, self._holding, self._waiting = -1, True, _CLOSING
            self._carry(tool)
        else:
            self._command, self._holding, self._waiting = 1, False, _OPENING
            self._approach(part, tool)

    def _approach(self, part: np.ndarray, tool: np.ndarray) -> None:
        aim = part[:2] + self._random.normal(0.0, _MISS, 2)
        high, low = self._random.uniform(*_ABOVE), self._random.uniform(*_DOWN)
        points = [np.array([*aim, high]), np.array([*aim, low])]
        if tool[2] < 0.07:
            points.insert(0, np.array([*tool[:2], high]))
        self._follow(points)

    def _carry(self, tool: np.ndarray) -> None:
        # Not at the very edge: the part shall stay where it can be grasped again.
        margin = np.array([0.06, 0.06])
        there = self._random.uniform(self._lower[:2] + margin, self._upper[:2] - margin)
        high, low = self._random.uniform(*_ABOVE), self._random.uniform(*_DOWN)
        points = [np.array([*tool[:2], high]), np.array([*there, high]), np.array([*there, low])]
        if self._random.random() < 0.1:
            points.pop()  # dropped from above
        self._follow(points)

    def _follow(self, points: list[np.ndarray]) -> None:
        self._route.follow([np.clip(point, self._lower, self._upper) for point in points])
