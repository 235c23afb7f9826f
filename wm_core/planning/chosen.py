"""What the search found, as callers get it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from torch import Tensor

from wm_core.config import PlannerConfig
from wm_core.explanation import CostTerm, Explanation
from wm_core.planning.objectives import GoalLatent
from wm_core.planning.search import Found
from wm_core.types import Plan, PlannerState


def as_plan(found: Found, start: np.ndarray, step: float, config: PlannerConfig, seconds: float) -> Plan:
    """Not reviewed yet. start: (J,) rad. step: s between rows. seconds: what planning took."""
    chosen = found.chosen
    terms = tuple(CostTerm(name, value) for name, value in zip(found.scores.names, chosen.shares.tolist()))
    latent_cost = next((term.value for term in terms if term.name == GoalLatent.name), math.nan)
    return Plan(
        start=start,
        joint_path=_array(chosen.joint_path),
        tool_path=_array(chosen.tool_position),
        actions=_array(chosen.displacements),
        step=step,
        cost=found.cost,
        terms=terms,
        latent_cost=latent_cost / (config.weights.goal_latent or math.nan),
        samples=config.samples,
        iterations=found.iterations,
        seconds=seconds,
        deadline_missed=seconds > config.deadline,
        gripper=None if chosen.gripper is None else _array(chosen.gripper),
    )


def reviewed(
    plan: Plan, state: PlannerState, explanation: Explanation, uncertainty: Tensor | None
) -> tuple[Plan, PlannerState]:
    """Plan and state of a draft, complete. uncertainty: (H,) m."""
    unsure = None if uncertainty is None else _array(uncertainty)
    imagined = explanation.goal_distance
    ahead = None if imagined is None else np.append(explanation.realised, imagined)
    return replace(plan, uncertainty=unsure, explanation=explanation), replace(state, distances=ahead)


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.cpu().numpy().astype(float)
