"""Our planner, and the least that any planner with this predictor takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from wm_core.bench.budget import Budget
from wm_core.bench.latent_problem import LatentProblem
from wm_core.planning import MpcPlanner
from wm_core.types import Goal, Observation, PlannerState


class Ours:
    """Implements `Contender`: limits, kinematics, all terms of the cost and the prior included.

    Until the controls are there, as the arm is driven: explanation and uncertainty follow while it moves. Or, `explained`, with them.
    """

    def __init__(self, planner: MpcPlanner, backend: str, explained: bool = False) -> None:
        self.name, self.backend = f"ours ({planner.config.method}{', explained' if explained else ''})", backend
        self._planner, self._explained = planner, explained
        self.reset(0)

    def reset(self, seed: int) -> None:
        """See `Contender`."""
        self._state = PlannerState(seed=seed)

    def plan(self, observations: Sequence[Observation], goal: Goal) -> np.ndarray:
        """See `Contender`."""
        draft = self._planner.draft(observations, goal, self._state)
        plan, self._state = draft.review() if self._explained else (draft.plan, draft.state)
        return plan.actions if plan.gripper is None else np.column_stack([plan.actions, plan.gripper])


class BareRollout:
    """Implements `Contender`: predictions of random actions, as many as the budget has, and nothing else. The floor."""

    name = "bare predictor"

    def __init__(self, problem: LatentProblem, backend: str, budget: Budget) -> None:
        self.backend = backend
        self._problem, self._budget = problem, budget
        self.reset(0)

    def reset(self, seed: int) -> None:
        """See `Contender`."""
        shape = (self._budget.samples, self._budget.horizon, self._problem.model.action_dim)
        drawn = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
        self._controls = self._problem.controls(drawn).to(self._problem.model.device)
        history = self._problem.model.history
        width = self._problem.model.config.visual_dim + self._problem.model.config.joint_dim
        self._latent = torch.zeros(history, width, device=self._problem.model.device)

    @torch.inference_mode()
    def plan(self, observations: Sequence[Observation], goal: Goal) -> np.ndarray:
        """See `Contender`; looks at nothing and proposes the first that it drew."""
        for _ in range(self._budget.iterations):
            self._problem.model.rollout(self._latent, self._controls)
        return self._controls[0].cpu().numpy()
