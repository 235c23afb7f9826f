"""The problem that every contender solves: the same model, actions and cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from wm_core.config import ObjectiveWeights
from wm_core.planning.gripper import gripper_command
from wm_core.planning.objectives.goal_latent import GoalLatent
from wm_core.planning.rotation import limit_norm
from wm_core.protocols import WorldModel
from wm_core.types import Goal, Observation


EFFORT = 2e-4  # of the longest step, about what it costs our planner: where nothing is to gain, nothing is done
GRIPPER = ObjectiveWeights().gripper


class LatentProblem:
    """Actions are normalised, 1 is the longest step, as in `wm_core.planning.motion`; cost is our planner's goal term.

    Effort and commands to the gripper cost about as much as they do there. Its other terms, limits and kinematics are
    not asked of others: they get less to do, not more. Tensors come from the CPU and go back there, wherever the model is.
    """

    def __init__(self, model: WorldModel, max_step: float, near_enough: float = 0.0) -> None:
        """max_step, near_enough: m, as the planner has them."""
        self.model, self.max_step, self._near_enough = model, max_step, near_enough
        self._goal: Goal | None = None
        self._encoded: Tensor | None = None

    def encode(self, observations: Sequence[Observation]) -> Tensor:
        """-> (*latent)"""
        return self.model.encode(observations).cpu()

    def encoded(self, goal: Goal) -> Tensor:
        """-> (*goal), once, when it changes. Raises `ValueError` without a picture."""
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
        device = self.model.device
        return self._path_costs(self.model.rollout(latent.to(device), controls.to(device)), controls, goal)

    def next(self, latent: Tensor, controls: Tensor) -> Tensor:
        """latent: (B, *latent), controls: (B, A) -> (B, *latent), for planners that ask for one step at a time"""
        return self.model.next(latent.to(self.model.device), controls.to(self.model.device)).cpu()

    def path_costs(self, latents: Tensor, controls: Tensor, goal: Goal) -> Tensor:
        """latents: (S, H, *latent), after each of controls (S, H, A) -> (S,)"""
        return self._path_costs(latents.to(self.model.device), controls, goal)

    def _path_costs(self, latents: Tensor, controls: Tensor, goal: Goal) -> Tensor:
        share = controls[..., :3] / self.max_step
        effort = EFFORT * share.square().sum((-2, -1)) + GRIPPER * controls[..., 3:].abs().sum((-2, -1))
        return self._term(goal).cost_of(latents).cpu() + effort

    @torch.inference_mode()
    def judge(self, observations: Sequence[Observation], goal: Goal, controls: np.ndarray) -> float:
        """How far from the goal controls (H, A) lead, by this model: the goal term alone."""
        latent = self.encode(observations)
        told = torch.as_tensor(controls, dtype=latent.dtype, device=self.model.device)
        return float(self._term(goal).cost_of(self.model.rollout(latent.to(self.model.device), told[None]))[0])

    def _term(self, goal: Goal) -> GoalLatent:
        return GoalLatent(1.0, self.model, self.encoded(goal), goal.focus, self._near_enough)
