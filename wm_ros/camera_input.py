"""One camera as the planner sees it: what it showed of late, and whether it still does."""

from __future__ import annotations

import numpy as np

from wm_core.history import NotReady, ObservationHistory, StampError
from wm_core.types import Observation
from wm_ros.freshness import Freshness, InputError
from wm_ros.recent_frames import RecentFrames

_MOVING = 0.05
"""rad/s: below this an unchanging picture is what a working camera shows."""


class CameraInput:
    """Not locked: its owner is. `now` is on the clock of the stamps, `steady` never jumps; s."""

    def __init__(
        self, part: str, history: ObservationHistory, max_age: float, frozen_after: float, remember: float = 0.0
    ) -> None:
        """part: its name on /diagnostics. max_age, frozen_after: s. remember: s for which frames are kept for `frames`."""
        self.fresh = Freshness(part, max_age)
        self._history, self._frozen_after = history, frozen_after
        self._recent = RecentFrames(remember)
        self._changed_at = float("-inf")

    @property
    def newest(self) -> Observation | None:
        """The last frame that was taken."""
        return self._history.newest

    def add(self, frame: Observation, steady: float) -> bool:
        """Whether it is taken: one that is out of order is refused, and explains the silence in `check`."""
        before = self._history.newest
        try:
            self._history.add(frame)
        except StampError as error:
            self.fresh.refuse(str(error))
            return False
        self.fresh.came(steady)
        self._recent.add(frame)
        still = np.abs(frame.joints.velocity).max() < _MOVING
        if still or before is None or not np.array_equal(before.image, frame.image):
            self._changed_at = steady
        return True

    def frames(self) -> tuple[Observation, ...]:
        """What was seen of late, oldest first."""
        return self._recent.all()

    def window(self) -> tuple[Observation, ...]:
        """What the model sees. Raises `InputError`."""
        try:
            # The arm was at rest before the first frames, so the oldest one may stand in for the past.
            return self._history.window(pad=True)
        except NotReady as error:
            raise InputError(self.fresh.part, str(error)) from error

    def check_coming(self, now: float, steady: float) -> None:
        """Raises `InputError` where frames are missing or stale."""
        self.fresh.check(None if self.newest is None else self.newest.stamp, now, steady)

    def check(self, now: float, steady: float) -> None:
        """As `check_coming`, and where the picture is frozen."""
        self.check_coming(now, steady)
        unchanged = steady - self._changed_at
        if unchanged > self._frozen_after:
            raise InputError(self.fresh.part, f"frozen: the same pixels for {unchanged:.1f} s while the arm moves")
