"""Carries a plan over to a later moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wm_core.types import PlannerState


def carry_over(state: PlannerState, stamp: float, step: float) -> PlannerState | None:
    """`state` with mean and elites as they are at `stamp` (s), actions being `step` s long; None where nothing is left."""
    if state.mean is None or state.stamp is None:
        return None
    steps = (stamp - state.stamp) / step
    mean = shift_in_time(np.asarray(state.mean), steps)
    if mean is None:
        return None
    elites = None if state.elites is None else np.stack([shift_in_time(one, steps) for one in np.asarray(state.elites)])
    return replace(state, mean=mean, stamp=stamp, elites=elites)


def shift_in_time(mean: np.ndarray, steps: float) -> np.ndarray | None:
    """mean: (H, A), an action a step -> what of it lies `steps` (>= 0, any fraction) later, the last action repeated.

    An action spans a whole step, so each new one is the mix of the two that it overlaps.
    None where nothing of it is left, or the clock ran backwards.
    """
    horizon = len(mean)
    if not 0.0 <= steps < horizon:  # NaN fails this too
        return None
    whole = int(steps)
    fraction = steps - whole
    rows = np.arange(horizon) + whole
    early, late = np.minimum(rows, horizon - 1), np.minimum(rows + 1, horizon - 1)
    return (1.0 - fraction) * mean[early] + fraction * mean[late]


def cut(state: PlannerState, horizon: int) -> PlannerState:
    """`state` with no more than `horizon` steps of mean and elites; without them for none."""
    if state.mean is None or len(state.mean) <= horizon:
        return state
    if horizon == 0:
        return replace(state, mean=None, elites=None)
    elites = None if state.elites is None else np.asarray(state.elites)[:, :horizon]
    return replace(state, mean=np.asarray(state.mean)[:horizon], elites=elites)
