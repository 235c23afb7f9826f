"""Interval of a success rate."""

from __future__ import annotations

import math


def wilson95(successes: int, trials: int) -> tuple[float, float]:
    """Wilson score interval at 95 % (E. B. Wilson, 1927). Raises `ValueError` without trials."""
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials: expected 0 <= successes <= trials, trials >= 1")
    z = 1.959964
    share = successes / trials
    denominator = 1.0 + z * z / trials
    centre = (share + z * z / (2.0 * trials)) / denominator
    margin = z * math.sqrt(share * (1.0 - share) / trials + z * z / (4.0 * trials * trials)) / denominator
    return max(0.0, centre - margin), min(1.0, centre + margin)
