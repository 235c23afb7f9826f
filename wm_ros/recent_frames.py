"""The frames of the last second or so, for whoever has to look back."""

from __future__ import annotations

from collections import deque

from wm_core.types import Observation


class RecentFrames:
    """Oldest first. Not locked: its owner is."""

    def __init__(self, span: float) -> None:
        """span: s that are kept; 0 keeps the newest alone."""
        self._span = span
        self._kept: deque[Observation] = deque()

    def add(self, observation: Observation) -> None:
        """A new frame. After a clock that was set back it begins anew."""
        if self._kept and observation.stamp < self._kept[-1].stamp:
            self._kept.clear()
        self._kept.append(observation)
        while observation.stamp - self._kept[0].stamp > self._span:
            self._kept.popleft()

    def all(self) -> tuple[Observation, ...]:
        """What is kept."""
        return tuple(self._kept)
