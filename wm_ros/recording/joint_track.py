"""Where the joints were at any moment of the last seconds."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque

import numpy as np

from wm_core.types import JointState

_KEPT = 4096  # 4 s of a driver that tells of itself at 1 kHz


class JointTrack:
    """Between two measurements the joints moved evenly, unless those lie too far apart. Not locked."""

    def __init__(self, widest: float) -> None:
        """widest: s between two measurements, above which nothing is known of what was in between."""
        self._widest = widest
        self._states: deque[JointState] = deque(maxlen=_KEPT)

    @property
    def newest(self) -> JointState | None:
        """The last one that was measured."""
        return self._states[-1] if self._states else None

    def add(self, state: JointState) -> None:
        """Measurements come in order; one that goes back is a clock that was set, and begins anew."""
        if self._states and state.stamp < self._states[-1].stamp:
            self._states.clear()
        if not self._states or state.stamp > self._states[-1].stamp:
            self._states.append(state)

    def at(self, stamp: float) -> JointState | None:
        """stamp: s, not after the newest. None where it is not known."""
        row = bisect_right(self._states, stamp, key=lambda state: state.stamp)  # of the first one that is later
        if row == 0:
            return None
        before = self._states[row - 1]
        if before.stamp == stamp:
            return before
        if row == len(self._states):
            return None
        later = self._states[row]
        gap = later.stamp - before.stamp
        if gap > self._widest:
            return None
        share = (stamp - before.stamp) / gap
        between = lambda one, other: (1.0 - share) * np.asarray(one) + share * np.asarray(other)
        return JointState(between(before.position, later.position), between(before.velocity, later.velocity), stamp)
