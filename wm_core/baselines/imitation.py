"""Behaviour cloning, and inverse dynamics on the frozen latent: the action prior without a planner."""

from __future__ import annotations

import torch

from wm_core.baselines.mover import Mover
from wm_core.evaluation.policy import Policy
from wm_core.history import ObservationHistory
from wm_core.model.prior import GoalPolicy
from wm_core.model.world_model import JepaWorldModel
from wm_core.types import Command, Goal, Observation


class ImitationPolicy(Policy):
    """Does the likeliest first action of a goal policy: same encoder, data and goal picture as the planner.

    Fitted to goals up to 25 steps ahead it is behaviour cloning; fitted to goals within the planner's horizon it is
    goal-conditioned inverse dynamics (GC-IDM, arXiv 2605.08732).
    """

    def __init__(self, name: str, policy: GoalPolicy, model: JepaWorldModel, mover: Mover) -> None:
        self.name = name
        self._policy, self._model, self._mover = policy, model, mover
        self._seen = ObservationHistory(model.history, model.step, camera_period=model.step)

    def start(self, seed: int) -> None:
        """Forgets what it saw; nothing is random."""
        self._seen.clear()

    @torch.inference_mode()
    def pursue(self, goal: Goal) -> None:
        """Raises `ValueError` for a goal without a picture."""
        if goal.image is None:
            raise ValueError(f"policy '{self.name}' needs a goal told as image, not as {goal.kind}")
        self._goal, self._focus = self._model.encode_goal(goal.image, *goal.other_views), goal.focus

    @torch.inference_mode()
    def act(self, observation: Observation) -> Command:
        """See `Policy`."""
        self._seen.add(observation)
        latent = self._model.encode(self._seen.window(pad=True))
        action = self._policy.act(latent, self._goal, self._focus).cpu().numpy().astype(float)
        gripper = int(action[3]) if len(action) > 3 else 0
        return Command(self._mover.step(observation.joints.position, action[:3]), gripper)
