"""Imagines what given controls would lead to, instead of searching for some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from wm_core.planning.ensemble import plan_uncertainty
from wm_core.planning.made_goal import object_goal
from wm_core.planning.objectives import GoalLatent, ObjectReader
from wm_core.planning.task import WITH_GRIPPER, Task, TaskBuilder
from wm_core.protocols import Candidates, Objective, WorldModel
from wm_core.types import Focus


@runtime_checkable
class WayReader(Protocol):
    """A `WorldModel` that tells from a goal's picture which way the object has to go."""

    def way_to(self, latent: Tensor, goal: Tensor) -> Tensor:
        """latent: (..., *latent), goal: (*goal) -> (..., 3) m, from where the object is to where the goal shows it."""


@dataclass(frozen=True)
class Rehearsal:
    """latent: (*latent) that the futures start from. candidates: S futures, imagined.

    costs: (S, H), how far the goal would be, weighted as the planner does, if a future ended with that step;
    but for its `near_enough`, which would make all that is near equally good. uncertainty: (S, H) m, None without an
    ensemble. object_way: (3,) m that the object has to go, as the model reads it off the goal, None where the goal does
    not say; object_weight: what a metre of it counts in the costs.
    """

    latent: Tensor
    candidates: Candidates
    costs: Tensor
    uncertainty: Tensor | None
    object_way: Tensor | None = None
    object_weight: float = 0.0


def rehearse(builder: TaskBuilder, task: Task, latent: Tensor, joints: Tensor, controls: Tensor) -> Rehearsal:
    """joints: (J,) rad to start from. controls: (S, H, 4), m of tool displacement and the gripper's command.

    The arm follows as it does in planning: inside its limits, which may be less far than told. Raises `ValueError`
    where the gripper is commanded and the model has none.
    """
    model = builder.world_model
    motion, told = builder.tool_motion(task.goal), controls[..., :3]
    # A step is linearised where it begins and bends by millimetres: twice around, so that a long way stays straight.
    bent = told - motion.candidates(told / builder.max_step, joints).displacements
    moved = motion.candidates((told + bent) / builder.max_step, joints)
    if model.action_dim == WITH_GRIPPER:
        moved = replace(moved, gripper=controls[..., 3])
    elif controls[..., 3].any():
        raise ValueError("the gripper is commanded, and the world model was trained without one")
    futures = replace(moved, latents=model.rollout(latent, moved.controls))
    way, weight = _object_way(builder, task, model, latent)
    if task.place is not None:
        task = builder.toward(task, object_goal(model, latent, task.place))
    terms = [term.exact() if isinstance(term, GoalLatent) else term for term in task.goal_terms]
    costs = torch.stack([_cost(terms, futures, step) for step in range(controls.shape[1])], dim=1)
    doubts = [plan_uncertainty(model, latent, row) for row in futures.controls]
    return Rehearsal(latent, futures, costs, None if doubts[0] is None else torch.stack(doubts), way, weight)


def _object_way(builder: TaskBuilder, task: Task, model: WorldModel, latent: Tensor) -> tuple[Tensor | None, float]:
    """See `Rehearsal`. A goal that tells of the object twice is taken as it is: the two need not agree."""
    goal, last = task.goal, GoalLatent.final_weight
    if task.place is not None:
        return task.place - model.object_position(latent), last * builder.weights.goal_latent
    pictured = task.encoded is not None and goal.focus is Focus.OBJECT and isinstance(model, WayReader)
    placed = goal.object_position is not None and isinstance(model, ObjectReader)
    if pictured and not placed:
        return model.way_to(latent, task.encoded), last * builder.weights.goal_latent
    if placed and task.encoded is None:
        place = builder.kinematics.tensor(goal.object_position)
        return place - model.object_position(latent), last * builder.weights.goal_object
    return None, 0.0


def _cost(terms: Sequence[Objective], futures: Candidates, step: int) -> Tensor:
    """-> (S,) of the one moment at the end of `step`"""
    now = slice(step, step + 1)
    moment = Candidates(
        futures.actions[:, now],
        futures.joint_path[:, now],
        futures.displacements[:, now],
        futures.tool_position[:, now],
        futures.tool_rotation[:, now],
        futures.start_joints,
        futures.latents[:, now],
        None if futures.gripper is None else futures.gripper[:, now],
    )
    return torch.stack([term.weight * term.cost(moment) for term in terms]).sum(0)
