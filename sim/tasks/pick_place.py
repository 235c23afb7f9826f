"""Grasp the part, lift it, put it down somewhere else and let go."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sim.bench import OPEN, Bench
from sim.camera import TABLE_VIEW, CameraView
from sim.tasks.task import START_LOWER, START_UPPER, TABLE_BOX, WITHDRAWN, part_goal, random_part_pose, turned
from wm_core.config import BoxConfig
from wm_core.types import Focus, Goal, Outcome, Pose, Stage

_GRASP_HEIGHT = 0.035  # m, of the tool
_LIFT = 0.12  # m, of the tool in the second picture
_LIFTED = 0.04  # m that the part must have been raised on the way
_RELEASED = 0.01  # m that the fingers are wider apart than the part is


class PickPlace:
    """Implements `Task`: to a place 10 cm or more away, in sub-goal pictures (grasp, lift, place) or a final one."""

    name: ClassVar[str] = "pick_place"
    view: ClassVar[CameraView] = TABLE_VIEW
    work_piece: ClassVar[bool] = True
    gripper: ClassVar[bool] = True
    play_box: ClassVar[BoxConfig] = TABLE_BOX
    max_step: ClassVar[float] = 0.04
    distances: ClassVar[tuple[float, float]] = (0.10, 0.25)  # m
    steps: ClassVar[tuple[int, ...]] = (14, 6, 16)  # of the three sub-goals
    tolerance: ClassVar[float] = 0.03

    def __init__(self) -> None:
        self._target: np.ndarray | None = None
        self._highest = 0.0

    def begin(self, bench: Bench, seed: int) -> None:
        """See `Task`."""
        random = np.random.default_rng([seed, 2])
        part = random_part_pose(random, bench.scene.part.size)
        bench.place(random.uniform(START_LOWER, START_UPPER), OPEN, part)
        self._highest = 0.0

    def stages(self, bench: Bench, seed: int, kind: str) -> tuple[Stage, ...]:
        """See `Task`: 'image' (three sub-goals), 'final' (one picture) or 'object'."""
        here = bench.part_pose().position
        self._target = target = part_goal(np.random.default_rng([seed, 3]), here, *self.distances)
        total = sum(self.steps)
        if kind == "object":
            return (Stage(Goal(object_position=target), total),)
        if kind == "final":
            final = self._picture(bench, WITHDRAWN, OPEN, target, Focus.OBJECT)
            return (Stage(final, total),)
        if kind != "image":
            raise ValueError(f"goal kind '{kind}' is not known to '{self.name}': expected 'image', 'final' or 'object'")
        held = bench.scene.part.size
        down, up = np.array([0.0, 0.0, _GRASP_HEIGHT]), np.array([0.0, 0.0, _LIFT])
        flat = np.array([1.0, 1.0, 0.0])
        raised = here + np.array([0.0, 0.0, _LIFT - _GRASP_HEIGHT])
        goals = (
            self._picture(bench, here * flat + down, held, here, Focus.SCENE),
            self._picture(bench, here * flat + up, held, raised, Focus.SCENE),
            self._picture(bench, target * flat + down, OPEN, target, Focus.SCENE),
        )
        return tuple(Stage(goal, steps) for goal, steps in zip(goals, self.steps))

    def outcome(self, bench: Bench) -> Outcome:
        """See `Task`. Call it after every step: it watches how high the part has been."""
        if self._target is None:
            raise RuntimeError("no goal was given since the environment was made")
        position = bench.part_pose().position
        size = bench.scene.part.size
        self._highest = max(self._highest, float(position[2]) - 0.5 * size)
        distance = float(np.linalg.norm(position[:2] - self._target[:2]))
        faults = [
            (self._highest < _LIFTED, f"lifted only {100 * self._highest:.1f} cm"),
            (float(bench.scene.fingers()[0].sum()) < size + _RELEASED, "not released"),
            (float(position[2]) > size, "not put down"),
            (distance > self.tolerance, f"{100 * distance:.1f} cm off"),
        ]
        note = ", ".join(text for wrong, text in faults if wrong)
        return Outcome(not note, distance, note)

    def _picture(self, bench: Bench, tool: np.ndarray, opening: float, part: np.ndarray, focus: Focus) -> Goal:
        # Closing the fingers has turned the part to face them.
        first, *others = bench.pictures_of(bench.state_with(tool, opening, Pose(part, turned(0.0))))
        return Goal(image=first, focus=focus, other_views=tuple(others))
