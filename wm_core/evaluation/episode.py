"""Runs a policy in an environment and scores it by ground truth."""

from __future__ import annotations

from wm_core.config import Strict
from wm_core.evaluation.policies import Policy
from wm_core.protocols import Environment
from wm_core.types import Goal


class EpisodeResult(Strict):
    """One episode; distances in m by the simulator's ground truth, at its last step."""

    seed: int
    success: bool
    distance_m: float
    start_distance_m: float
    steps: int


def run_episode(
    environment: Environment, policy: Policy, seed: int, goal_kind: str, steps: int, step: float, tolerance: float
) -> EpisodeResult:
    """`steps` actions of `step` s, all of them: nobody tells the policy that it has arrived."""
    observation = environment.reset(seed)
    goal: Goal = environment.sample_goal(seed, goal_kind)
    start = environment.distance()
    policy.start(goal, seed)
    for _ in range(steps):
        observation = environment.step(policy.act(observation), step)
    distance = environment.distance()
    return EpisodeResult(
        seed=seed, success=distance <= tolerance, distance_m=distance, start_distance_m=start, steps=steps
    )
