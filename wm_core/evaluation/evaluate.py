"""Evaluates a model on a task, with its controls on the same seeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from wm_core.agent import WorldModelAgent
from wm_core.evaluation.agent_policy import AgentPolicy
from wm_core.evaluation.episode import EpisodeResult, run_episode
from wm_core.evaluation.policies import HoldPolicy, Policy, RandomPolicy
from wm_core.evaluation.report import (
    ControlResult,
    Controls,
    EvaluatedEpisode,
    EvaluationReport,
    interval,
    success_rate,
)
from wm_core.protocols import Environment


@dataclass(frozen=True)
class TaskSettings:
    """How a task is scored. steps: actions in an episode; tolerance: m."""

    name: str = "reach"
    goal: str = "image"
    steps: int = 25
    tolerance: float = 0.03


@dataclass
class Evaluation:
    """Results so far; `report` may be called at any time after the first episode."""

    settings: TaskSettings
    model: str
    planner: list[EvaluatedEpisode] = field(default_factory=list)
    random: list[EpisodeResult] = field(default_factory=list)
    hold: list[EpisodeResult] = field(default_factory=list)
    plan_ms: list[float] = field(default_factory=list)

    def run(self, environment: Environment, agent: WorldModelAgent, seeds: range) -> Iterator[EvaluatedEpisode]:
        """Planner, random and hold on each seed in turn; yields the planner's episode when all three are done."""
        planner = AgentPolicy(agent)
        random = RandomPolicy(environment.kinematics, environment.robot, agent.planner.max_step)
        for seed in seeds:
            result = self._episode(environment, planner, seed, agent.planner.step)
            p50, p95 = np.percentile(planner.plan_ms, [50, 95])
            # The controls first: an interrupt must not leave an episode without them.
            controls = [self._episode(environment, control, seed, agent.planner.step) for control in (random, HoldPolicy())]
            self.random.append(controls[0])
            self.hold.append(controls[1])
            self.plan_ms += planner.plan_ms
            self.planner.append(EvaluatedEpisode(**result.model_dump(), plan_ms_p50=p50, plan_ms_p95=p95))
            yield self.planner[-1]

    def report(self) -> EvaluationReport:
        """Over the episodes that are done. Raises `ValueError` when there are none."""
        if not self.planner:
            raise ValueError("no episode was finished, there is nothing to report")
        p50, p95 = np.percentile(self.plan_ms, [50, 95])
        return EvaluationReport(
            task=self.settings.name,
            model=self.model,
            goal=self.settings.goal,
            tolerance_m=self.settings.tolerance,
            success_rate=success_rate(self.planner),
            wilson95=interval(self.planner),
            median_distance_m=float(np.median([episode.distance_m for episode in self.planner])),
            plan_ms_p50=p50,
            plan_ms_p95=p95,
            controls=Controls(
                random=ControlResult(success_rate=success_rate(self.random)),
                hold=ControlResult(success_rate=success_rate(self.hold)),
            ),
            episodes=tuple(self.planner),
        )

    def _episode(self, environment: Environment, policy: Policy, seed: int, step: float) -> EpisodeResult:
        settings = self.settings
        return run_episode(environment, policy, seed, settings.goal, settings.steps, step, settings.tolerance)
