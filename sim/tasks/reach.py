"""Have the tool somewhere, told as a picture, a pose or joints."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sim.bench import Bench
from sim.camera import CameraView
from sim.scene import SceneState
from wm_core.config import BoxConfig
from wm_core.types import Goal, Outcome, Pose, Stage

# Where starts and goals are drawn, m. Above the cube: reaching is about the arm.
REACH_LOWER = np.array([0.35, -0.25, 0.10])
REACH_UPPER = np.array([0.65, 0.25, 0.40])
REACH_DISTANCE = (0.15, 0.45)  # m, from start to goal


class Reach:
    """Implements `Task`: 15 to 45 cm of tool motion in free space."""

    name: ClassVar[str] = "reach"
    view: ClassVar[CameraView] = CameraView()
    work_piece: ClassVar[bool] = False
    gripper: ClassVar[bool] = False
    play_box: ClassVar[BoxConfig] = BoxConfig(lower=(0.31, -0.29, 0.07), upper=(0.69, 0.29, 0.44))
    max_step: ClassVar[float] = 0.05
    steps: ClassVar[int] = 25
    tolerance: ClassVar[float] = 0.03

    def __init__(self) -> None:
        self._target: np.ndarray | None = None

    def begin(self, bench: Bench, seed: int) -> None:
        """See `Task`."""
        random = np.random.default_rng([seed, 2])
        bench.scene.reset(seed)
        state = bench.scene.state()
        start = bench.joints_at(random.uniform(REACH_LOWER, REACH_UPPER))
        bench.scene.set_state(SceneState(start, state.fingers, state.cube))
        bench.begin()

    def stages(self, bench: Bench, seed: int, kind: str) -> tuple[Stage, ...]:
        """See `Task`: 'image', 'pose' or 'joints'."""
        random = np.random.default_rng([seed, 3])
        here = bench.scene.tool_pose().position
        while True:
            position = random.uniform(REACH_LOWER, REACH_UPPER)
            if REACH_DISTANCE[0] <= np.linalg.norm(position - here) <= REACH_DISTANCE[1]:
                break
        return (Stage(self.goal_at(bench, position, kind), self.steps),)

    def goal_at(self, bench: Bench, position: np.ndarray, kind: str) -> Goal:
        """The goal of having the tool at `position` (3,) m."""
        joints = bench.joints_at(position)
        self._target = np.array(position)
        if kind == "pose":
            return Goal(pose=Pose(np.array(position), np.array(bench.robot.tool_orientation)))
        if kind == "joints":
            return Goal(joints=joints)
        if kind != "image":
            raise ValueError(f"goal kind '{kind}' is not known to '{self.name}': expected 'image', 'pose' or 'joints'")
        state = bench.scene.state()
        first, *others = bench.pictures_of(SceneState(joints, state.fingers, state.cube))
        return Goal(image=first, other_views=tuple(others))

    def outcome(self, bench: Bench) -> Outcome:
        """See `Task`."""
        if self._target is None:
            raise RuntimeError("no goal was given since the environment was made")
        distance = float(np.linalg.norm(bench.scene.tool_pose().position - self._target))
        return Outcome(distance <= self.tolerance, distance)
