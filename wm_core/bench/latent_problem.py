"""The problem that every contender solves: the same model, actions and cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from wm_core.planning.gripper import gripper_command
from wm_core.planning.objectives.goal_latent import GoalLatent, running_sum
from wm_core.planning.rotation import limit_norm
from wm_core.protocols import WorldModel
from wm_core.types import Goal, Observation


class LatentProblem:
    """Actions are normalised, 1 is the longest step, as in `wm_core.planning.motion`; cost is the goal picture's alone.

    Our planner's other terms, limits and kinematics are not asked of others: they get less to do, not more.
    """

    def __init__(self, model: WorldModel, max_step: float) -> None:
        """max_step: m."""
        self.model, self.max_step = model, max_step
        self._goal: Goal | None = None
        self._encoded: Tensor | None = None

    def encode(self, observations: Sequence[Observation]) -> Tensor:
        """-> (*latent)"""
        return self.model.encode(observations)

    def goal(self, goal: Goal) -> Tensor:
        """-> (*goal), encoded once, when it changes. Raises `ValueError` without a picture."""
        if goal is not self._goal:
            if goal.image is None:
                raise ValueError(f"planners are compared on goals told as image, not as {goal.kind}")
            self._goal, self._encoded = goal, self.model.encode_goal(goal.image, *goal.other_views)
        return self._encoded

    def controls(self, actions: Tensor) -> Tensor:
        """(..., A) normalised -> (..., A) m, then the gripper's command where there is one"""
        move = limit_norm(actions[..., :3], 1.0) * self.max_step
        return torch.cat([move, gripper_command(actions[..., 3:])], dim=-1)

    def costs(self, latent: Tensor, controls: Tensor, goal: Goal) -> Tensor:
        """latent: (*latent), controls: (S, H, A) -> (S,), lower is better"""
        return running_sum(self.distance(self.model.rollout(latent, controls), goal), GoalLatent.final_weight)

    def distance(self, latent: Tensor, goal: Goal) -> Tensor:
        """latent: (..., *latent) -> (...)"""
        return self.model.goal_distance(latent, self.goal(goal), goal.focus)

    @torch.inference_mode()
    def judge(self, observations: Sequence[Observation], goal: Goal, controls: np.ndarray) -> float:
        """What controls (H, A) cost, by this model."""
        latent = self.encode(observations)
        told = torch.as_tensor(controls, dtype=latent.dtype, device=latent.device)
        return float(self.costs(latent, told[None], goal)[0])
