"""What a planner's episode can be held to: its times, and what it foresaw against what came."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wm_core.config import Strict


class Account(Strict):
    """One episode. Distances to the goal are the world model's own (m for ours, shares of full brightness for the pixel
    baseline), and none for goals without an image.

    next_predicted, next_realised: one step ahead, and what one step later was there; one pair a plan.
    end_predicted: what the plan made one horizon before the end foresaw of the end; end_realised: what was there.
    """

    plan_ms: tuple[float, ...]
    next_predicted: tuple[float, ...] = ()
    next_realised: tuple[float, ...] = ()
    end_predicted: float | None = None
    end_realised: float | None = None


class Foresight(Strict):
    """Predicted against realised cost over many episodes.

    Correlations are Pearson's, None where a side does not vary; gaps are the mean of realised - predicted, in the model's
    unit: a planner that exploits its model realises more than it predicted.
    end_to_truth: correlation of the realised cost at the end with the task's own distance by ground truth.
    """

    next_correlation: float | None
    next_gap: float
    end_correlation: float | None
    end_gap: float | None
    end_to_truth: float | None


def foresight(accounts: Sequence[Account], distances: Sequence[float]) -> Foresight | None:
    """distances: m by ground truth, one an account. None when nothing was foreseen."""
    predicted = [value for account in accounts for value in account.next_predicted]
    realised = [value for account in accounts for value in account.next_realised]
    if not predicted:
        return None
    ends = [(a.end_predicted, a.end_realised, d) for a, d in zip(accounts, distances) if a.end_predicted is not None]
    foreseen, came, truth = zip(*ends) if ends else ((), (), ())
    return Foresight(
        next_correlation=correlation(predicted, realised),
        next_gap=float(np.mean(np.subtract(realised, predicted))),
        end_correlation=correlation(foreseen, came),
        end_gap=float(np.mean(np.subtract(came, foreseen))) if ends else None,
        end_to_truth=correlation(came, truth),
    )


def correlation(left: Sequence[float], right: Sequence[float]) -> float | None:
    """Pearson's; None below three pairs, or where a side does not vary."""
    if len(left) < 3 or min(np.ptp(left), np.ptp(right)) == 0.0:
        return None
    return float(np.corrcoef(left, right)[0, 1])
