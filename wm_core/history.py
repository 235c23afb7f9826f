"""Which frames the model sees: chosen by stamp, never by order of arrival. Free of torch."""

from __future__ import annotations

import math
from collections import deque

from wm_core.types import Observation


class NotReady(Exception):
    """There are no frames to plan on yet, or no longer; the message says what is missing."""


class StampError(ValueError):
    """The observation was refused: its stamp is no time, repeated or older than what is here."""


class ObservationHistory:
    """The newest observations, and from them `length` that lie one model step apart.

    A frame serves a past moment if its stamp is within half a camera period of it (docs/architecture.md: three clocks).
    """

    def __init__(self, length: int, step: float, camera_period: float, reset_after: float = 1.0) -> None:
        """length: frames the model sees; step, camera_period: s.

        reset_after: s that a stamp may jump back before it counts as a clock that was set back, which clears
        everything; smaller jumps back are refused.
        """
        if length < 1 or step <= 0.0 or camera_period <= 0.0:
            raise ValueError(f"length {length}, step {step} and camera_period {camera_period} must be positive")
        if length > 1 and camera_period > step * (1.0 + 1e-6):
            raise ValueError(f"camera_period {camera_period} s is longer than the model step {step} s")
        self._length, self._step, self._period = length, step, camera_period
        self._reset_after = reset_after
        self._span = (length - 1) * step + camera_period
        self._kept: deque[Observation] = deque()

    def add(self, observation: Observation) -> None:
        """Takes the newest observation. Raises `StampError` and keeps what it had."""
        if not 0.0 <= observation.stamp < math.inf:  # NaN fails this too
            raise StampError(f"stamp {observation.stamp} is not a time")
        if self._kept:
            behind = self._kept[-1].stamp - observation.stamp
            if behind > self._reset_after:
                self.clear()
            elif behind >= 0.0:
                raise StampError(f"stamp {observation.stamp:.3f} is {behind:.3f} s behind the newest; expected newer")
        self._kept.append(observation)
        while observation.stamp - self._kept[0].stamp > self._span:
            self._kept.popleft()

    def window(self, pad: bool = False) -> tuple[Observation, ...]:
        """`length` observations one model step apart, oldest first, the last one the newest there is.

        pad: where the past is missing the oldest frame stands in for it, which is right for an arm that was at
        rest. Raises `NotReady`.
        """
        if not self._kept:
            raise NotReady("no frame has arrived yet")
        newest = self._kept[-1].stamp
        return tuple(self._at(newest - back * self._step, pad) for back in range(self._length - 1, -1, -1))

    def clear(self) -> None:
        """Forgets everything: after a reset, or when the clock was set back."""
        self._kept.clear()

    @property
    def newest(self) -> Observation | None:
        """The last observation taken."""
        return self._kept[-1] if self._kept else None

    def _at(self, moment: float, pad: bool) -> Observation:
        nearest = min(self._kept, key=lambda observation: abs(observation.stamp - moment))
        off = nearest.stamp - moment
        if abs(off) <= self._period / 2 + 1e-6:
            return nearest
        if pad and nearest is self._kept[0] and off > 0.0:
            return nearest
        near = f"the nearest is {abs(off):.3f} s away, expected within {self._period / 2:.3f} s"
        raise NotReady(f"no frame at {moment:.3f} s: {near}")
