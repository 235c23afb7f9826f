"""What a search begins with: the last plan where it can be used, and how the arm moves."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from wm_core.config import PlannerConfig
from wm_core.limits import ArmLimits
from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.search import Beginning
from wm_core.planning.task import Task
from wm_core.planning.warm_start import carry_over
from wm_core.types import JointState, PlannerState

_FASTEST = 1.1  # of a velocity limit: what is measured of an arm at its limit is not exact


def begin_search(
    config: PlannerConfig,
    kinematics: BatchedKinematics,
    task: Task,
    state: PlannerState,
    stamp: float,
    step: float,
    joints: Tensor,
    horizon: int,
) -> Beginning:
    """From `state` where it is of this task and not too old at `stamp` (s), else cold. step: s of one action.

    joints: (J,) rad, where the plan starts. horizon: its steps.
    """
    shape = (horizon, task.space.dimension)
    straight = task.space.straight(joints, task.goal, horizon)
    still = joints.new_zeros(shape)  # holding still is always an option
    proposals = (still,) if straight is None else (still, straight)
    usable = config.warm_start and state.kind == task.kind and np.shape(state.mean) == shape
    warm = carry_over(state, stamp, step) if usable else None
    std = joints.new_full(shape, config.initial_std if warm is None else config.warm_std)
    if warm is None:
        return Beginning(still, std, proposals)
    elites = None if warm.elites is None else kinematics.tensor(warm.elites)
    # The refit is free to leave the bounds; between plans it is brought back, or it would wander off for good.
    return Beginning(kinematics.tensor(np.clip(warm.mean, -1.0, 1.0)), std, proposals, elites=elites)


def measured_velocity(newest: JointState, limits: ArmLimits) -> np.ndarray:
    """(J,) rad/s, as measured; rest for an arm that does not tell, and where a joint is faster than its limit allows.

    Nobody told the arm to be that fast: something it pressed on gave way. Its drives are on their way back already, and
    to slow down within the limits from there would swing the arm by tens of degrees first.
    """
    measured = np.asarray(newest.velocity, dtype=float)
    told = measured.shape == np.shape(newest.position) and (np.abs(measured) <= _FASTEST * limits.velocity).all()
    return measured if told else np.zeros(np.shape(newest.position))
