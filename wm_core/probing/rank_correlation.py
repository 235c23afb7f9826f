"""Spearman's rank correlation."""

from __future__ import annotations

import numpy as np


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Of two series (N,); ties share their mean rank. NaN where one of them never changes."""
    ranks = [_ranks(np.asarray(values, dtype=float)) for values in (one, other)]
    spreads = [values - values.mean() for values in ranks]
    norm = np.sqrt((spreads[0] ** 2).sum() * (spreads[1] ** 2).sum())
    return float((spreads[0] * spreads[1]).sum() / norm) if norm > 0.0 else float("nan")


def _ranks(values: np.ndarray) -> np.ndarray:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + ends - 1) / 2.0)[place]
