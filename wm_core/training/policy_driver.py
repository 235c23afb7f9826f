"""Lets the planner itself drive while an episode is recorded, with noise."""

from __future__ import annotations

from itertools import count

import numpy as np

from wm_core.agent import WorldModelAgent
from wm_core.training.behaviours.behaviour import Playground
from wm_core.training.behaviours.route import SmoothNoise
from wm_core.training.record import displaced, outside
from wm_core.types import Command, Observation

_NOISE = (0.0, 0.006, 0.012)  # m, standard deviation on each axis, one of them for an episode
_OTHER_GRIPPER = 0.05  # share of the steps whose gripper command is drawn instead, in noisy episodes


class PolicyDriver:
    """Implements `Driver`: plans from pictures for one goal of the task after the other, and does not quite do it."""

    def __init__(self, environment: Playground, agent: WorldModelAgent, seed: int) -> None:
        """After `environment.reset`."""
        self._environment, self._agent = environment, agent
        self._random = np.random.default_rng([seed, 22])
        self._spread = float(self._random.choice(_NOISE))
        self._noise = SmoothNoise(self._random, self._spread)
        self._seeds = count(seed)
        self._stages = list(environment.stages(next(self._seeds)))
        self._left = self._stages[0].steps
        agent.reset(seed)

    def command(self, observation: Observation) -> Command:
        """See `Driver`."""
        if self._left == 0:
            self._go_on()
        self._left = max(0, self._left - 1)
        plan = self._agent.choose_action(observation, self._stages[0].goal)
        gripper = 0 if plan.gripper is None else int(plan.gripper[0])
        if self._spread == 0.0:
            return Command(plan.joint_path[0], gripper)
        environment, joints = self._environment, observation.joints.position
        here, there = (environment.kinematics.forward(place).position for place in (joints, plan.joint_path[0]))
        aim = np.clip(there + self._noise.draw(), environment.play_box.lower, environment.play_box.upper)
        if plan.gripper is not None and self._random.random() < _OTHER_GRIPPER:
            gripper = int(self._random.integers(-1, 2))
        return Command(displaced(environment, joints, aim - here), gripper)

    def _go_on(self) -> None:
        if len(self._stages) > 1:
            self._stages.pop(0)
        elif outside(self._environment, self._environment.object_position()) == 0.0:
            self._stages = list(self._environment.stages(next(self._seeds)))
        else:
            return  # no task begins from out there: what is left of the episode goes on toward the last goal
        self._left = self._stages[0].steps
