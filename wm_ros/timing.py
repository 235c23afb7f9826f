"""Gives a plan its times, as far as it keeps clear of declared obstacles."""

from __future__ import annotations

import math

from wm_core.kinematics.time_parameterisation import parameterise
from wm_core.types import MotionState, Plan, Trajectory
from wm_ros.planner_tools import PlannerTools


def timed(plan: Plan, start: MotionState, tools: PlannerTools, horizon: float) -> Trajectory:
    """What is proposed of a plan: at most `horizon` s, and no more of its steps than keep clear of the obstacles.

    Corners are rounded where the limits want it, so that what was planned with a distance may pass nearer, and the
    guard would refuse all of it. Fewer steps will do until the next plan. Where the first one is too near already, it
    is proposed all the same: the guard has the last word, and says why.
    """
    within = min(len(plan.joint_path), math.ceil(horizon / plan.step))
    for steps in [len(plan.joint_path), *range(within - 1, 0, -1)]:
        trajectory = parameterise(start, plan.joint_path[:steps], plan.step, tools.limits, horizon)
        if tools.clearance is None or tools.clearance.violation(trajectory, start) is None:
            break
    return trajectory
