"""Push the part to another place on the table."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sim.bench import Bench
from sim.camera import TABLE_VIEW, CameraView
from sim.tasks.task import START_LOWER, START_UPPER, TABLE_BOX, WITHDRAWN, Task, part_goal, random_part_pose
from wm_core.config import BoxConfig
from wm_core.types import Focus, Goal, Outcome, Pose, Stage


class Push(Task):
    """6 to 15 cm, by closed fingers. The picture shows the part there and the arm withdrawn."""

    name: ClassVar[str] = "push"
    kinds: ClassVar[tuple[str, ...]] = ("image", "object")
    view: ClassVar[CameraView] = TABLE_VIEW
    work_piece: ClassVar[bool] = True
    gripper: ClassVar[bool] = True
    play_box: ClassVar[BoxConfig] = TABLE_BOX
    max_step: ClassVar[float] = 0.04
    distances: ClassVar[tuple[float, float]] = (0.06, 0.15)  # m
    steps: ClassVar[int] = 60  # 12 s: a push misses by centimetres, and another one takes 2 s to begin
    tolerance: ClassVar[float] = 0.03

    def begin(self, bench: Bench, seed: int) -> None:
        """See `Task`."""
        random = np.random.default_rng([seed, 2])
        part = random_part_pose(random, bench.scene.part.size)
        bench.place(random.uniform(START_LOWER, START_UPPER), 0.0, part)

    def target(self, bench: Bench, seed: int) -> np.ndarray:
        """See `Task`."""
        return part_goal(np.random.default_rng([seed, 3]), bench.scene.part_pose().position, *self.distances)

    def stages(self, bench: Bench, target: np.ndarray, kind: str) -> tuple[Stage, ...]:
        """See `Task`."""
        if kind == "object":
            return (Stage(Goal(object_position=target), self.steps),)
        as_it_lies = bench.scene.part_pose().orientation
        first, *others = bench.pictures_of(bench.state_with(WITHDRAWN, 0.0, Pose(target, as_it_lies)))
        return (Stage(Goal(image=first, focus=Focus.OBJECT, other_views=tuple(others)), self.steps),)

    def outcome(self, bench: Bench, target: np.ndarray) -> Outcome:
        """See `Task`: distance of the part on the table."""
        distance = float(np.linalg.norm(bench.scene.part_pose().position[:2] - target[:2]))
        return Outcome(distance <= self.tolerance, distance)
