"""A moment just ahead, at which something is to be sent."""

from __future__ import annotations

import time
from typing import NamedTuple

_AHEAD = 0.004  # s, time to judge a trajectory and to write its message
_LATE = 0.0015  # s that may be missed


class Instant(NamedTuple):
    """One moment on two clocks, s: `stamp`, that of message stamps, which may be set, and `steady`, which never jumps."""

    stamp: float
    steady: float

    def later(self, seconds: float) -> Instant:
        """That much later, on both."""
        return Instant(self.stamp + seconds, self.steady + seconds)


class Moment:
    """The controller joins a trajectory to its motion when it arrives, so it is made for one moment and sent then."""

    def __init__(self, now: Instant, attempt: int = 0, more: float = 0.0) -> None:
        """attempt: how often the moment was missed; it is then further. more: s, what judging takes beyond the usual."""
        self.at = now.later((_AHEAD + more) * 2**attempt)

    def arrived(self) -> bool:
        """Waits for it; False where it was missed."""
        left = self.at.steady - time.monotonic()
        if left > 0.0:
            time.sleep(left)
        return time.monotonic() - self.at.steady <= _LATE

    def now(self) -> Instant:
        """The moment that it really is. Simulated time stands still while a callback runs, so it is counted from `at`."""
        return self.at.later(time.monotonic() - self.at.steady)
