"""The planner as a policy, and what its plans took and foresaw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wm_core.agent import WorldModelAgent
from wm_core.config import BoxConfig
from wm_core.evaluation.account import Account
from wm_core.evaluation.policy import Policy
from wm_core.history import ObservationHistory
from wm_core.types import Command, Focus, Goal, Observation, Plan


@dataclass(frozen=True)
class _Target:
    """A goal image as the model sees it."""

    code: Tensor
    focus: Focus


class AgentPolicy(Policy):
    """One plan an action, the first step of each is what is done."""

    def __init__(self, agent: WorldModelAgent, name: str = "planner") -> None:
        self.name = name
        self._agent, self._model = agent, agent.planner.world_model
        self._obstacles: tuple[BoxConfig, ...] = ()
        self._seen = ObservationHistory(self._model.history, agent.planner.step, camera_period=agent.planner.step)

    def avoid(self, obstacles: tuple[BoxConfig, ...]) -> None:
        """See `Policy`: its plans keep clear of them."""
        if obstacles != self._obstacles:
            self._agent, self._obstacles = self._agent.with_obstacles(obstacles), obstacles

    def start(self, seed: int) -> None:
        """Forgets the last episode: history, warm start and times."""
        self._agent.reset(seed)
        self._seen.clear()
        self._plan_ms: list[float] = []
        self._foreseen: list[tuple[_Target, np.ndarray]] = []  # a plan each: (H,) m to the goal, as imagined
        self._realised: list[float] = []

    @torch.inference_mode()
    def pursue(self, goal: Goal) -> None:
        """The agent begins anew with every goal; what it has seen stays."""
        self._goal = goal
        has_image = goal.image is not None
        self._target = _Target(self._model.encode_goal(goal.image, *goal.other_views), goal.focus) if has_image else None

    def act(self, observation: Observation) -> Command:
        """The first step of a fresh plan."""
        plan = self._agent.choose_action(observation, self._goal)
        self._plan_ms.append(1e3 * plan.seconds)
        latent = self._realise(observation)
        if self._target is not None:
            self._foreseen.append((self._target, self._imagine(latent, plan)))
        return Command(plan.joint_path[0], 0 if plan.gripper is None else int(plan.gripper[0]))

    def finish(self, observation: Observation) -> Account:
        """See `Policy`."""
        self._realise(observation)
        account = Account(
            plan_ms=_rounded(self._plan_ms, 1),
            next_predicted=_rounded([ahead[0] for _, ahead in self._foreseen], 5),
            next_realised=_rounded(self._realised, 5),
        )
        if not self._foreseen:
            return account
        # The newest plan whose last imagined moment is the present, if it was for the goal that is still pursued.
        plans = enumerate(reversed(self._foreseen), start=1)
        early = next((plan for ago, plan in plans if len(plan[1]) == ago), None)
        if early is None or early[0] is not self._target:
            return account
        ends = {"end_predicted": round(float(early[1][-1]), 5), "end_realised": account.next_realised[-1]}
        return account.model_copy(update=ends)

    @torch.inference_mode()
    def _realise(self, observation: Observation) -> Tensor:
        """-> (*latent) of now; notes how far from the last plan's goal it is."""
        self._seen.add(observation)
        latent = self._model.encode(self._seen.window(pad=True))
        if len(self._foreseen) > len(self._realised):
            target = self._foreseen[-1][0]
            self._realised.append(float(self._model.goal_distance(latent, target.code, target.focus)))
        return latent

    @torch.inference_mode()
    def _imagine(self, latent: Tensor, plan: Plan) -> np.ndarray:
        controls = plan.actions if plan.gripper is None else np.column_stack([plan.actions, plan.gripper])
        future = self._model.rollout(latent, torch.as_tensor(controls, dtype=latent.dtype, device=latent.device)[None])
        return self._model.goal_distance(future[0], self._target.code, self._target.focus).cpu().numpy()


def _rounded(values: list[float], digits: int) -> tuple[float, ...]:
    return tuple(round(float(value), digits) for value in values)
