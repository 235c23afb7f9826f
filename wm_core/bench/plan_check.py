"""Whether plans made with a backend are as good as those made with the model itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from wm_core.backends.errors import BackendError
from wm_core.config import Strict
from wm_core.planning import MpcPlanner
from wm_core.planning.objectives.goal_latent import GoalLatent
from wm_core.types import Goal, Observation, Plan, PlannerState


@dataclass(frozen=True, eq=False)
class Situation:
    """What was seen, and what for: a moment to plan at."""

    observations: tuple[Observation, ...]
    goal: Goal


class PlanTolerance(Strict):
    """What makes two ways of planning equivalent. Costs are relative to the mean cost of the model's own plans.

    misjudged: mean by which the cost of a plan that the backend tells differs from what the model says of that plan.
    regret: mean by which the model finds the backend's plans worse than its own.
    first_action_m: mean difference of the first displacement. gripper: share of first steps that use it differently.
    """

    misjudged: float
    regret: float
    first_action_m: float
    gripper: float


class PlanAgreement(PlanTolerance):
    """As measured, over `states` moments. other_seed_*: how far the model's plans of two seeds lie apart, to compare."""

    states: int
    other_seed_regret: float
    other_seed_first_action_m: float
    other_seed_gripper: float


EXACT = PlanTolerance(misjudged=1e-3, regret=1e-3, first_action_m=1e-3, gripper=0.02)
ROUNDED = PlanTolerance(misjudged=0.05, regret=0.02, first_action_m=0.01, gripper=0.10)


def compare_plans(planner: MpcPlanner, other: MpcPlanner, situations: Sequence[Situation]) -> PlanAgreement:
    """planner: with the model itself; other: the same with a backend. Goals are pictures, the same seeds for both.

    Raises `ValueError` without situations.
    """
    if not situations:
        raise ValueError("plans are compared over at least one moment, and there is none")
    rows = [_row(planner, other, situation, seed) for seed, situation in enumerate(situations)]
    mean = [float(value) for value in np.mean(rows, axis=0)]
    cost, misjudged, regret, action, gripper, seed_regret, seed_action, seed_gripper = mean
    return PlanAgreement(
        states=len(rows),
        misjudged=misjudged / cost,
        regret=regret / cost,
        first_action_m=action,
        gripper=gripper,
        other_seed_regret=seed_regret / cost,
        other_seed_first_action_m=seed_action,
        other_seed_gripper=seed_gripper,
    )


def require(found: PlanAgreement, allowed: PlanTolerance, name: str) -> None:
    """Raises `BackendError` naming every figure above what is allowed."""
    over = [
        f"{field} {getattr(found, field):.4g} (allowed {limit:g})"
        for field, limit in allowed.model_dump().items()
        if not getattr(found, field) <= limit
    ]
    if over:
        raise BackendError(f"'{name}' does not plan as the model does, over {found.states} states: {', '.join(over)}")


def _row(planner: MpcPlanner, other: MpcPlanner, situation: Situation, seed: int) -> list[float]:
    own, theirs, another = (
        made.plan(situation.observations, situation.goal, PlannerState(seed=drawn))[0]
        for made, drawn in ((planner, seed), (other, seed), (planner, seed + 1_000_000))
    )
    truth = _cost(planner, theirs, situation)
    return [
        own.cost,
        abs(theirs.cost - truth),
        truth - own.cost,
        _apart(own, theirs),
        _grips_differently(own, theirs),
        abs(another.cost - own.cost),
        _apart(own, another),
        _grips_differently(own, another),
    ]


@torch.inference_mode()
def _cost(planner: MpcPlanner, plan: Plan, situation: Situation) -> float:
    """What the planner's own model says that a plan of any other costs."""
    model, goal = planner.world_model, situation.goal
    latent = model.encode(situation.observations)
    controls = plan.actions if plan.gripper is None else np.column_stack([plan.actions, plan.gripper])
    future = model.rollout(latent, torch.as_tensor(controls, dtype=latent.dtype, device=latent.device)[None])
    weight, encoded = planner.config.weights.goal_latent, model.encode_goal(goal.image, *goal.other_views)
    term = GoalLatent(weight, model, encoded, goal.focus, planner.config.near_enough)
    return plan.cost + weight * (float(term.cost_of(future)) - plan.latent_cost)


def _apart(one: Plan, two: Plan) -> float:
    """m between the first displacements"""
    return float(np.linalg.norm(one.actions[0] - two.actions[0]))


def _grips_differently(one: Plan, two: Plan) -> float:
    return float(one.gripper is not None and one.gripper[0] != two.gripper[0])
