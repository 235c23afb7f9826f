"""When the next period begins: with a frame that has just come, as far as there is one."""

from __future__ import annotations

import statistics
from collections import deque

_GAPS = 9  # of the camera that its period is the median of


class Pace:
    """Periods of at least `period` s on average, in phase with the camera. All times are s on the steady clock.

    A plan on a frame that has been waiting for most of a camera period is that much behind; so a period that is due
    begins at once on a frame that came less than half a camera period ago, and otherwise waits for the next one, where
    that is expected within half a camera period. A camera that falters or is slow is not waited for longer than that.
    Two periods may begin up to half a camera period (or half a period, if that is less) closer than `period`, because
    frames jitter; what was missed is not made up for.
    """

    def __init__(self, period: float, now: float) -> None:
        """The first period is due at once, with or without a frame."""
        self._period = period
        self._due = now
        self._begun = float("-inf")
        self._came = float("-inf")  # when the newest frame came
        self._gaps: deque[float] = deque(maxlen=_GAPS)

    def frame(self, came: float) -> None:
        """The newest frame came then; told again of the same one, it changes nothing."""
        if came <= self._came:
            return
        if self._came > float("-inf"):
            self._gaps.append(came - self._came)
        self._came = came

    def wait(self, now: float) -> float:
        """s until the next period begins, if no frame comes before; 0: it begins now."""
        if now < self._due:
            return self._due - now
        if not self._gaps:
            return 0.0
        gap = statistics.median(self._gaps)
        new = self._came > self._begun
        if new and (now - self._came <= gap / 2 or now > self._due + self._slack(gap)):
            return 0.0
        expected = self._came + gap
        if expected > now + self._slack(gap):
            return 0.0  # it is a long way off
        return max(0.0, expected + self._slack(gap) - now)

    def begin(self, now: float) -> None:
        """A period begins."""
        slack = self._slack(statistics.median(self._gaps)) if self._gaps else 0.0
        # Not from an earlier time than that, or lost periods would be made up for; nor from a later one than now.
        self._due = min(max(self._due, now - slack), now) + self._period
        self._begun = now

    def _slack(self, gap: float) -> float:
        return min(gap, self._period) / 2
