"""Looks at a motion that are put where those before leave something open."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_QUARTERS = np.array([0.25, 0.5, 0.75])


def look_closer(
    at: np.ndarray, seen: np.ndarray, unsure: np.ndarray, look: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """at: (K,), growing; seen: (K, ...), what `look` found there; unsure: (U,) rows whose way to the next leaves something open.

    -> both with three more looks in each of those.
    """
    between = (at[unsure, None] + (at[unsure + 1] - at[unsure])[:, None] * _QUARTERS).ravel()
    rows = np.repeat(unsure + 1, len(_QUARTERS))
    return np.insert(at, rows, between), np.insert(seen, rows, look(between), axis=0)
