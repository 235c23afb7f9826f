"""Whether one policy is better than another on the same seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wm_core.config import Strict
from wm_core.evaluation.episode import EpisodeResult
from wm_core.evaluation.wilson import wilson95


class PairedDifference(Strict):
    """first - second, of success rates on seeds that both ran; interval95 by Newcombe's method 10.

    only_first, only_second: seeds on which one alone succeeded.
    """

    first: str
    second: str
    seeds: int
    only_first: int
    only_second: int
    difference: float
    interval95: tuple[float, float]


def compare(
    first: str, ours: Sequence[EpisodeResult], second: str, theirs: Sequence[EpisodeResult]
) -> PairedDifference:
    """Over the seeds that both have. Raises `ValueError` where there are none, or a seed stands for another scene."""
    other = {result.seed: result for result in theirs}
    pairs = [(result, other[result.seed]) for result in ours if result.seed in other]
    if not pairs:
        raise ValueError(f"'{first}' and '{second}' have no seed in common")
    for one, two in pairs:
        if abs(one.start_distance_m - two.start_distance_m) > 1e-6:
            raise ValueError(
                f"seed {one.seed} is not the same scene for both: it started {one.start_distance_m:.4f} m from the goal "
                f"for '{first}' and {two.start_distance_m:.4f} m for '{second}'"
            )
    both = sum(one.success and two.success for one, two in pairs)
    only_first = sum(one.success and not two.success for one, two in pairs)
    only_second = sum(two.success and not one.success for one, two in pairs)
    return PairedDifference(
        first=first,
        second=second,
        seeds=len(pairs),
        only_first=only_first,
        only_second=only_second,
        difference=(only_first - only_second) / len(pairs),
        interval95=newcombe95(both, only_first, only_second, len(pairs) - both - only_first - only_second),
    )


def newcombe95(both: int, only_first: int, only_second: int, neither: int) -> tuple[float, float]:
    """95 % interval of a difference of paired proportions, first - second. Arguments: how many pairs are of each kind.

    Source: R. G. Newcombe, Improved confidence intervals for the difference between binomial proportions based on
    paired data, Statistics in Medicine 17 (1998) 2635-2650, method 10: Wilson intervals of both proportions, joined
    by their correlation, which is corrected for continuity where it is positive.
    """
    total = both + only_first + only_second + neither
    first, second = both + only_first, both + only_second
    share, other = first / total, second / total
    (low, high), (other_low, other_high) = wilson95(first, total), wilson95(second, total)
    margins = first * (total - first) * second * (total - second)
    excess = both * neither - only_first * only_second
    if excess > 0:
        excess = max(excess - total / 2.0, 0.0)
    correlation = excess / math.sqrt(margins) if margins else 0.0
    below, above = share - low, high - share
    other_below, other_above = other - other_low, other_high - other
    down = math.sqrt(max(0.0, below**2 - 2.0 * correlation * below * other_above + other_above**2))
    up = math.sqrt(max(0.0, above**2 - 2.0 * correlation * above * other_below + other_below**2))
    return share - other - down, share - other + up
