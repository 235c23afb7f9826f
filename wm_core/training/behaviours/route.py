"""What scripted motion is made of: waypoints that are passed one after the other, and smooth noise."""

from __future__ import annotations

import numpy as np

_NEAR = 0.012  # m, from which on a waypoint counts as passed
_PATIENCE = 14  # steps for one waypoint: pushed against something, it may never be reached


class Route:
    """A list of points (3,) m, walked through in straight lines."""

    def __init__(self, max_step: float) -> None:
        """max_step: m, the longest move."""
        self.max_step = max_step
        self._points: list[np.ndarray] = []
        self._left = 0
        self.empty = True

    def follow(self, points: list[np.ndarray]) -> None:
        """Forgets what is left of the last one."""
        self._points, self._left, self.empty = list(points), _PATIENCE, False

    def done(self, tool: np.ndarray) -> bool:
        """tool: (3,) m. Whether every point was passed, or given up."""
        while self._points and (np.linalg.norm(self._points[0] - tool) < _NEAR or self._left <= 0):
            self._points.pop(0)
            self._left = _PATIENCE
        return not self._points

    def next(self, tool: np.ndarray, speed: float) -> np.ndarray:
        """-> (3,) m toward the next point, at most `speed` m"""
        self._left -= 1
        way = self._points[0] - tool
        return way * min(1.0, speed / max(float(np.linalg.norm(way)), 1e-9))


class SmoothNoise:
    """Noise (3,) m that keeps most of itself from one step to the next."""

    def __init__(self, random: np.random.Generator, spread: float, persistence: float = 0.6) -> None:
        """spread: m, standard deviation on each axis."""
        self._random, self._spread, self._persistence = random, spread, persistence
        self._now = np.zeros(3)

    def draw(self) -> np.ndarray:
        """The next value."""
        fresh = self._random.normal(0.0, self._spread, 3) * np.sqrt(1.0 - self._persistence**2)
        self._now = self._persistence * self._now + fresh
        return self._now
