"""A moment just ahead, at which something is to be sent."""

from __future__ import annotations

import time

_AHEAD = 0.004  # s, time to judge a trajectory and to write its message
_LATE = 0.0015  # s that may be missed


class Moment:
    """The controller joins a trajectory to its motion when it arrives, so it is made for one moment and sent then."""

    def __init__(self, now: float, attempt: int = 0, more: float = 0.0) -> None:
        """now: s, on the clock that `at` is wanted on. attempt: how often the moment was missed; it is then further.

        more: s, what judging takes beyond the usual.
        """
        ahead = (_AHEAD + more) * 2**attempt
        self.at = now + ahead
        self._due = time.monotonic() + ahead

    def arrived(self) -> bool:
        """Waits for it; False where it was missed."""
        left = self._due - time.monotonic()
        if left > 0.0:
            time.sleep(left)
        return time.monotonic() - self._due <= _LATE
