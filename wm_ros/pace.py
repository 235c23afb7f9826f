"""When the next period begins: with a frame that has just come, as far as there is one."""

from __future__ import annotations

import statistics
from collections import deque

_GAPS = 25  # of the camera that its period is the median of
_CREEP = 0.005  # share of a period by which it may be shorter, to get into step with the camera


class Pace:
    """Periods of `period` s on average, in step with the camera. All times are s on the steady clock.

    A plan on a frame that has been waiting for most of a camera period is that much behind; so a period that is due
    begins at once on a frame that came less than half a camera period ago, and otherwise waits for the next one, where
    that is expected within half a camera period; after a camera period (or a period, if that is less) it is given up.
    A period that overran is followed at once by the next one, if any frame came meanwhile.
    Two periods may begin up to half a camera period (or half a period, if that is less) closer than `period`, because
    frames jitter. Due times lie on a grid, which what comes late pushes on: what was missed is not made up for. Where
    frames wait for the grid, it comes back to where it was pushed from, and from there creeps towards them by `_CREEP`
    a period, until it is they who are waited for.
    """

    def __init__(self, period: float, now: float) -> None:
        """The first period is due at once, with or without a frame."""
        self._period = period
        self._due = now
        self._behind = 0.0  # s by which the grid was pushed on by what came late
        self._begun = float("-inf")
        self._ended: float | None = None  # when what was done in this period was done
        self._came = float("-inf")  # when the newest frame came
        self._gaps: deque[float] = deque(maxlen=_GAPS)

    def frame(self, came: float) -> None:
        """The newest frame came then."""
        if came <= self._came:
            return
        if self._came > float("-inf"):
            self._gaps.append(came - self._came)
        self._came = came

    def wait(self, now: float) -> float:
        """s until the next period begins, if no frame comes before; 0: it begins now."""
        if self._ended is None:
            self._ended = now
        if now < self._due:
            return self._due - now
        if not self._gaps:
            return 0.0
        gap = statistics.median(self._gaps)
        overran = self._ended > self._due
        if self._new() and (now - self._came <= gap / 2 or overran):
            return 0.0
        expected = self._came + gap
        if expected > now + min(gap, self._period) / 2:
            return 0.0  # it is a long way off
        return max(0.0, min(expected, self._due) + min(gap, self._period) - now)

    def begin(self, now: float) -> None:
        """A period begins: because it is due, or because somebody asked for it."""
        waited = now - self._came if self._new() and now >= self._due else 0.0
        half = self._period / 2
        if now >= self._due or self._due < now + half:
            self._due += self._period
        pushed = max(0.0, now + half - self._due)
        back = min(waited, _CREEP * self._period + self._behind)
        self._behind = min(half, max(0.0, self._behind - back) + pushed)
        self._due += pushed - back
        self._begun, self._ended = now, None

    def _new(self) -> bool:
        return self._came > self._begun
