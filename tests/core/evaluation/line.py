"""An environment on a line, and who walks along it. Loaded by conftest.py (tests/ is not on the path)."""

import numpy as np

from wm_core.evaluation.policy import Policy
from wm_core.types import Command, Goal, JointState, Observation, Outcome, Stage


class Line:
    """An environment on a line: the 'tool' is joint 0, starting at 0; two stages, the goal is at 0.2 m + 1 cm a seed."""

    def __init__(self, steps=(2, 2)):
        self._steps = steps
        self.resets = []

    def reset(self, seed):
        self.place, self.time, self.seed = 0.0, 0.0, seed
        self.resets.append(seed)
        return self._look()

    def stages(self, seed, kind="image"):
        # Goals in joint space: half way, then the whole way.
        self.target = 0.2 + 0.01 * seed
        goals = (np.array([0.5 * self.target, *np.zeros(6)]), np.array([self.target, *np.zeros(6)]))
        return tuple(Stage(Goal(joints=goal), steps) for goal, steps in zip(goals, self._steps))

    def step(self, command, duration, glance=None):
        there = float(command.joints[0])
        if glance is not None:  # one frame in between, half way
            self.place = 0.5 * (self.place + there)
            if glance(self._look()):
                return self._look()
        self.place, self.time = there, self.time + duration
        return self._look()

    def outcome(self):
        distance = abs(self.target - self.place)
        return Outcome(distance <= 0.03, distance)

    def _look(self):
        position = np.array([self.place, *np.zeros(6)])
        return Observation(np.zeros((32, 32, 3), np.uint8), JointState(position, np.zeros(7), self.time), self.time)


class Walk(Policy):
    """Goes on for ever, `stride` m a step: passing the goal is no success."""

    def __init__(self, stride=0.05, name="walk"):
        self.name, self.stride, self.goals = name, stride, []

    def start(self, seed):
        self.goals = []

    def pursue(self, goal):
        self.goals.append(float(goal.joints[0]))

    def act(self, observation):
        return Command(observation.joints.position + np.array([self.stride, 0, 0, 0, 0, 0, 0]))
