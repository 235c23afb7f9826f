"""Have the tool somewhere, told as a picture, a pose or joints."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sim.bench import Bench
from sim.camera import CameraView
from sim.scene import SceneState
from sim.tasks.task import Task
from wm_core.config import BoxConfig
from wm_core.types import Goal, Outcome, Pose, Stage

# Where starts and goals are drawn, m. Above the cube: reaching is about the arm.
REACH_LOWER = np.array([0.35, -0.25, 0.10])
REACH_UPPER = np.array([0.65, 0.25, 0.40])
REACH_DISTANCE = (0.15, 0.45)  # m, from start to goal


class Reach(Task):
    """15 to 45 cm of tool motion in free space."""

    name: ClassVar[str] = "reach"
    kinds: ClassVar[tuple[str, ...]] = ("image", "pose", "joints")
    view: ClassVar[CameraView] = CameraView()
    work_piece: ClassVar[bool] = False
    gripper: ClassVar[bool] = False
    play_box: ClassVar[BoxConfig] = BoxConfig(lower=(0.31, -0.29, 0.07), upper=(0.69, 0.29, 0.44))
    max_step: ClassVar[float] = 0.05
    steps: ClassVar[int] = 25
    tolerance: ClassVar[float] = 0.03

    def begin(self, bench: Bench, seed: int) -> None:
        """See `Task`."""
        random = np.random.default_rng([seed, 2])
        bench.scene.reset(seed)
        state = bench.scene.state()
        start = bench.joints_at(random.uniform(REACH_LOWER, REACH_UPPER))
        bench.scene.set_state(SceneState(start, state.fingers, state.cube))
        bench.begin()

    def target(self, bench: Bench, seed: int) -> np.ndarray:
        """See `Task`."""
        return reach_goal(np.random.default_rng([seed, 3]), bench.scene.tool_pose().position)

    def stages(self, bench: Bench, target: np.ndarray, kind: str) -> tuple[Stage, ...]:
        """See `Task`."""
        return (Stage(self._goal(bench, target, kind), self.steps),)

    def outcome(self, bench: Bench, target: np.ndarray) -> Outcome:
        """See `Task`."""
        distance = float(np.linalg.norm(bench.scene.tool_pose().position - target))
        return Outcome(distance <= self.tolerance, distance)

    def _goal(self, bench: Bench, target: np.ndarray, kind: str) -> Goal:
        joints = bench.joints_at(target)
        if kind == "pose":
            return Goal(pose=Pose(np.array(target), np.array(bench.robot.tool_orientation)))
        if kind == "joints":
            return Goal(joints=joints)
        state = bench.scene.state()
        first, *others = bench.pictures_of(SceneState(joints, state.fingers, state.cube))
        return Goal(image=first, other_views=tuple(others))


def reach_goal(random: np.random.Generator, here: np.ndarray) -> np.ndarray:
    """A place as far from `here` (3,) m as the task says -> (3,) m"""
    while True:
        position = random.uniform(REACH_LOWER, REACH_UPPER)
        if REACH_DISTANCE[0] <= np.linalg.norm(position - here) <= REACH_DISTANCE[1]:
            return position
