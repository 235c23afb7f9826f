"""Which of two actions leads closer to a target? The model says, the simulator knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wm_core.model.action_mixture import ActionMixture
from wm_core.model.prior import GoalPolicy
from wm_core.model.world_model import JepaWorldModel
from wm_core.planning.objectives.goal_latent import GoalLatent, running_sum
from wm_core.probing.branches import Branch, Case
from wm_core.types import Focus

CLEAR = 0.01  # m: pairs whose outcomes differ by less are no question


@dataclass(frozen=True)
class Answers:
    """One pair, of one focus: whether each judge chose the future that ended closer. imitation: None without a policy."""

    focus: Focus
    foreseen: bool
    planned: bool
    imitated: bool | None


class PairJudge:
    """Asks the model and, where there is one, the policy that imitates the data."""

    def __init__(self, model: JepaWorldModel, policy: GoalPolicy | None) -> None:
        self._model, self._policy = model, policy

    @torch.no_grad()
    def answer(self, case: Case) -> Iterator[Answers]:
        """One for each focus in which the pair is a question."""
        model = self._model
        latent = model.encode(case.seen)
        goal = model.encode_goal(*case.target.views)
        controls = torch.from_numpy(np.stack([option.controls for option in case.options])).to(latent)
        futures = model.rollout(latent, controls)
        for focus in (Focus.SCENE, Focus.OBJECT) if model.config.objects else (Focus.SCENE,):
            left = [_left(option, case.target, focus, model.config.objects) for option in case.options]
            if abs(left[0] - left[1]) < CLEAR:
                continue
            better = int(left[1] < left[0])
            cost = model.goal_distance(futures, goal, focus)
            imitated = None
            if self._policy is not None:
                imitated = _prefers(-self._likelihood(latent, goal, focus, controls)) == better
            planned = _prefers(running_sum(cost, GoalLatent.final_weight)) == better
            yield Answers(focus, _prefers(cost[:, -1]) == better, planned, imitated)

    def _likelihood(self, latent: Tensor, goal: Tensor, focus: Focus, controls: Tensor) -> Tensor:
        """controls: (S, H, A) -> (S,), of the steps that the policy speaks of."""
        config = self._model.config
        about_object = torch.full((1,), float(focus is Focus.OBJECT), device=latent.device)
        found = self._policy(latent[None], goal[None], about_object)
        steps = min(found.means.shape[2], controls.shape[1])
        mixture = ActionMixture(found.log_weights, found.means[:, :, :steps], found.stds[:, :, :steps])
        moves = controls[..., : config.motion_dim] / config.max_step
        return mixture.log_prob(torch.cat([moves, controls[..., config.motion_dim :]], dim=-1)[:, :steps])


def _left(option: Branch, target: Branch, focus: Focus, objects: bool) -> float:
    """m, by ground truth, of what the focus is about."""
    part = float(np.linalg.norm(option.object - target.object))
    if focus is Focus.OBJECT:
        return part
    return float(np.linalg.norm(option.tool - target.tool)) + (part if objects else 0.0)


def _prefers(cost: Tensor) -> int:
    return int(cost[1] < cost[0])
