"""How far one orientation is turned from another. Free of torch."""

from __future__ import annotations

import numpy as np


def angle_between(first: np.ndarray, second: np.ndarray) -> float:
    """first, second: (4,) xyzw, unit quaternions -> rad; q and -q are the same turn."""
    return float(2.0 * np.arccos(np.clip(abs(np.dot(first, second)), 0.0, 1.0)))
