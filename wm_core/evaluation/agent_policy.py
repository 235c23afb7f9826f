"""The planner as a policy, and what its plans took."""

from __future__ import annotations

import numpy as np

from wm_core.agent import WorldModelAgent
from wm_core.types import Goal, Observation


class AgentPolicy:
    """Implements `Policy`: one plan an action, the first step of each is what is done."""

    def __init__(self, agent: WorldModelAgent) -> None:
        self._agent = agent
        self.plan_ms: list[float] = []

    def start(self, goal: Goal, seed: int) -> None:
        """Forgets the last episode: history, warm start and times."""
        self._agent.reset(seed)
        self._goal = goal
        self.plan_ms = []

    def act(self, observation: Observation) -> np.ndarray:
        """-> (J,) rad"""
        plan = self._agent.choose_action(observation, self._goal)
        self.plan_ms.append(1e3 * plan.seconds)
        return plan.joint_path[0]
