"""Push the part to another place on the table."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sim.bench import Bench
from sim.camera import TABLE_VIEW, CameraView
from sim.tasks.task import START_LOWER, START_UPPER, TABLE_BOX, WITHDRAWN, part_goal, random_part_pose
from wm_core.config import BoxConfig
from wm_core.types import Focus, Goal, Outcome, Pose, Stage


class Push:
    """Implements `Task`: 6 to 15 cm, by closed fingers. The picture shows the part there and the arm withdrawn."""

    name: ClassVar[str] = "push"
    view: ClassVar[CameraView] = TABLE_VIEW
    work_piece: ClassVar[bool] = True
    gripper: ClassVar[bool] = True
    play_box: ClassVar[BoxConfig] = TABLE_BOX
    max_step: ClassVar[float] = 0.04
    distances: ClassVar[tuple[float, float]] = (0.06, 0.15)  # m
    steps: ClassVar[int] = 35
    tolerance: ClassVar[float] = 0.03

    def __init__(self) -> None:
        self._target: np.ndarray | None = None

    def begin(self, bench: Bench, seed: int) -> None:
        """See `Task`."""
        random = np.random.default_rng([seed, 2])
        part = random_part_pose(random, bench.scene.part.size)
        bench.place(random.uniform(START_LOWER, START_UPPER), 0.0, part)

    def stages(self, bench: Bench, seed: int, kind: str) -> tuple[Stage, ...]:
        """See `Task`: 'image' or 'object'."""
        here = bench.part_pose()
        target = part_goal(np.random.default_rng([seed, 3]), here.position, *self.distances)
        self._target = target
        if kind == "object":
            return (Stage(Goal(object_position=target), self.steps),)
        if kind != "image":
            raise ValueError(f"goal kind '{kind}' is not known to '{self.name}': expected 'image' or 'object'")
        first, *others = bench.pictures_of(bench.state_with(WITHDRAWN, 0.0, Pose(target, here.orientation)))
        return (Stage(Goal(image=first, focus=Focus.OBJECT, other_views=tuple(others)), self.steps),)

    def outcome(self, bench: Bench) -> Outcome:
        """See `Task`: distance of the part on the table."""
        if self._target is None:
            raise RuntimeError("no goal was given since the environment was made")
        distance = float(np.linalg.norm(bench.part_pose().position[:2] - self._target[:2]))
        return Outcome(distance <= self.tolerance, distance)
