"""Moments of real episodes, to compare plans at."""

from __future__ import annotations

from wm_core.agent import WorldModelAgent
from wm_core.bench.plan_check import Situation
from wm_core.protocols import Environment
from wm_core.types import Command, Observation

EVERY, PER_EPISODE = 3, 4  # steps between two moments, and how many of an episode: far from the goal and near it


def record_situations(environment: Environment, agent: WorldModelAgent, count: int, seed: int = 0) -> list[Situation]:
    """`count` moments of episodes that `agent` drives towards their first picture goals, seeds counting up from `seed`."""
    found: list[Situation] = []
    while len(found) < count:
        observation = environment.reset(seed)
        goal = environment.stages(seed)[0].goal
        agent.reset(seed)
        before = observation
        for step in range(EVERY * (PER_EPISODE - 1) + 1):
            plan = agent.choose_action(observation, goal)
            if step % EVERY == 0:
                found.append(Situation(_window(agent, before, observation), goal))
            grip = 0 if plan.gripper is None else int(plan.gripper[0])
            before, observation = observation, environment.step(Command(plan.joint_path[0], grip), agent.planner.step)
        seed += 1
    return found[:count]


def _window(agent: WorldModelAgent, before: Observation, now: Observation) -> tuple[Observation, ...]:
    """What a model of one or two moments sees; of older ones, which none that ships has, the older of the two stands in."""
    history = agent.planner.world_model.history
    return (*([before] * (history - 1)), now)
