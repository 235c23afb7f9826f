"""When things are due, and what a stamp is."""

from __future__ import annotations

import math
import time
from typing import Callable


class Schedule:
    """Due times on a fixed grid. What was missed is skipped, never made up for in a burst."""

    def __init__(self, period: float, first: float) -> None:
        """period: s; first: when it is due for the first time."""
        self.period = period
        self.next = first

    def due(self, now: float, early: float = 0.0) -> bool:
        """Whether it should happen now; early: s, how much before its time is near enough."""
        return now + early >= self.next

    def done(self, now: float, early: float = 0.0) -> None:
        """It happened; the next time is the first one of the grid that is still ahead."""
        self.next += self.period * max(1, math.floor((now + early - self.next) / self.period) + 1)


class StampClock:
    """Turns the arm's own time into stamps: wall time, or simulated time that starts at 1 s.

    Simulated time does not start at 0, because a stamp of 0 means 'not set' or 'now' in most interfaces.
    """

    def __init__(self, simulated: bool, wall: Callable[[], float] = time.time, tolerance: float = 0.1) -> None:
        """tolerance: s that stamps and wall clock may differ before `correct` sets them right."""
        self._simulated, self._wall, self._tolerance = simulated, wall, tolerance
        self._offset = 1.0 if simulated else wall()

    def stamp(self, now: float) -> float:
        """now: s on the arm's clock."""
        return now + self._offset

    def arm_time(self, stamp: float) -> float:
        """The opposite of `stamp`."""
        return stamp - self._offset

    def correct(self, now: float) -> float:
        """Follows a wall clock that was set, or a machine that was suspended. Returns by how many s, mostly 0."""
        drift = 0.0 if self._simulated else self._wall() - self.stamp(now)
        if abs(drift) <= self._tolerance:
            return 0.0
        self._offset += drift
        return drift
