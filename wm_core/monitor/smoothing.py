"""Medians over time: a single outlier does not stop the arm, two in a row may."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Container

import numpy as np


class Smoother:
    """One run of the arm."""

    def __init__(self, window: int, offset_window: int, sudden: Container[str] = ()) -> None:
        """Frames, see `GateConfig`. sudden: signals that are left as they are."""
        self._window, self._sudden = window, sudden
        self._recent: dict[str, deque[float]] = {}
        self._off: deque[np.ndarray] = deque(maxlen=offset_window)

    def add(self, off: np.ndarray, values: dict[str, float]) -> dict[str, float]:
        """off: (3,), any unit; values: raw signals of one moment -> smoothed signals; what is no number becomes infinite.

        Before there are enough frames the missing ones count as nothing to see.
        """
        smoothed = {name: self._median(name, value) for name, value in values.items()}
        self._off.append(off)
        # The median of each axis: what stays is a shift, what comes and goes is the probe's own error.
        full = len(self._off) == self._off.maxlen
        smoothed["offset"] = _number(float(np.linalg.norm(np.median(np.stack(self._off), axis=0)))) if full else 0.0
        return smoothed

    def _median(self, name: str, value: float) -> float:
        if name in self._sudden:
            return _number(value)
        recent = self._recent.setdefault(name, deque([0.0] * self._window, maxlen=self._window))
        recent.append(_number(value))
        return float(np.median(recent))


def _number(value: float) -> float:
    # A comparison with NaN is always false: it would pass every threshold.
    return math.inf if math.isnan(value) else value
