"""Imagines what given controls would lead to, instead of searching for some."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from wm_core.planning.ensemble import plan_uncertainty
from wm_core.planning.task import WITH_GRIPPER, Task, TaskBuilder
from wm_core.protocols import Candidates


@dataclass(frozen=True)
class Rehearsal:
    """latent: (*latent) that the futures start from. candidates: S futures, imagined.

    costs: (S, H), how far the goal would be, weighted as the planner does, if a future ended with that step.
    uncertainty: (S, H) m, None without an ensemble.
    """

    latent: Tensor
    candidates: Candidates
    costs: Tensor
    uncertainty: Tensor | None


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
    costs = torch.stack([_cost(task, futures, step) for step in range(controls.shape[1])], dim=1)
    doubts = [plan_uncertainty(model, latent, row) for row in futures.controls]
    return Rehearsal(latent, futures, costs, None if doubts[0] is None else torch.stack(doubts))


def _cost(task: Task, futures: Candidates, step: int) -> Tensor:
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
    return torch.stack([term.weight * term.cost(moment) for term in task.goal_terms]).sum(0)
