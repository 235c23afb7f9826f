"""Grasp the part, lift it, put it down somewhere else and let go."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from sim.bench import OPEN, Bench
from sim.camera import TABLE_VIEW, CameraView
from sim.tasks.task import START_LOWER, START_UPPER, TABLE_BOX, WITHDRAWN, Task, part_goal, random_part_pose
from wm_core.config import BoxConfig
from wm_core.types import Focus, Goal, Handling, Outcome, Pose, Stage

_GRASP_HEIGHT = 0.035  # m, of the tool
_LIFT = 0.12  # m, of the tool in the second picture
RAISED = _LIFT - _GRASP_HEIGHT  # m, how high the part is held in that picture
LIFTED = 0.04  # m that the part must have been raised on the way
_RELEASED = 0.004  # m that the fingers are wider apart than the part is where they are


class PickPlace(Task):
    """To a place 10 cm or more away: 'image' is three sub-goal pictures (grasp, lift, place), 'final' one picture."""

    name: ClassVar[str] = "pick_place"
    kinds: ClassVar[tuple[str, ...]] = ("image", "final", "object")
    view: ClassVar[CameraView] = TABLE_VIEW
    work_piece: ClassVar[bool] = True
    gripper: ClassVar[bool] = True
    play_box: ClassVar[BoxConfig] = TABLE_BOX
    max_step: ClassVar[float] = 0.04
    distances: ClassVar[tuple[float, float]] = (0.10, 0.25)  # m
    steps: ClassVar[tuple[int, ...]] = (14, 6, 16)  # of the three sub-goals
    tolerance: ClassVar[float] = 0.03

    def __init__(self) -> None:
        self._highest = 0.0

    def begin(self, bench: Bench, seed: int) -> None:
        """See `Task`."""
        random = np.random.default_rng([seed, 2])
        part = random_part_pose(random, bench.scene.part.size)
        bench.place(random.uniform(START_LOWER, START_UPPER), OPEN, part)
        self._highest = 0.0

    def target(self, bench: Bench, seed: int) -> np.ndarray:
        """See `Task`."""
        return part_goal(np.random.default_rng([seed, 3]), bench.scene.part_pose().position, *self.distances)

    def stages(self, bench: Bench, target: np.ndarray, kind: str) -> tuple[Stage, ...]:
        """See `Task`."""
        here, total = bench.scene.part_pose().position, sum(self.steps)
        if kind == "object":
            return (Stage(Goal(object_position=target, handling=Handling.LIFT), total),)
        if kind == "final":
            final = self._picture(bench, WITHDRAWN, OPEN, target, Focus.OBJECT)
            return (Stage(replace(final, handling=Handling.LIFT), total),)
        held = _width(bench)
        down, up = np.array([0.0, 0.0, _GRASP_HEIGHT]), np.array([0.0, 0.0, _LIFT])
        flat = np.array([1.0, 1.0, 0.0])
        raised = here + np.array([0.0, 0.0, RAISED])
        goals = (
            self._picture(bench, here * flat + down, held, here, Focus.SCENE),
            self._picture(bench, here * flat + up, held, raised, Focus.SCENE),
            self._picture(bench, target * flat + down, OPEN, target, Focus.SCENE),
        )
        return tuple(Stage(goal, steps) for goal, steps in zip(goals, self.steps))

    def watch(self, bench: Bench) -> None:
        """See `Task`."""
        self._highest = max(self._highest, float(bench.scene.part_pose().position[2]) - 0.5 * bench.scene.part.size)

    def outcome(self, bench: Bench, target: np.ndarray) -> Outcome:
        """See `Task`: distance of the part on the table; the note is about the rest."""
        position = bench.scene.part_pose().position
        size = bench.scene.part.size
        distance = float(np.linalg.norm(position[:2] - target[:2]))
        faults = [
            (self._highest < LIFTED, f"lifted only {100 * self._highest:.1f} cm"),
            (float(bench.scene.fingers()[0].sum()) < _width(bench) + _RELEASED, "not released"),
            (float(position[2]) > size, "not put down"),
        ]
        note = ", ".join(text for wrong, text in faults if wrong)
        return Outcome(not note and distance <= self.tolerance, distance, note)

    def _picture(self, bench: Bench, tool: np.ndarray, opening: float, part: np.ndarray, focus: Focus) -> Goal:
        # It is as rough as it is heavy: fingers that close on it askew hold it askew.
        pose = Pose(part, bench.scene.part_pose().orientation)
        first, *others = bench.pictures_of(bench.state_with(tool, opening, pose))
        return Goal(image=first, focus=focus, other_views=tuple(others))


def _width(bench: Bench) -> float:
    """m, how wide the part is in the direction in which the fingers close, the base frame's y."""
    x, y, z, w = bench.scene.part_pose().orientation
    turn = np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
    along, across = bench.scene.part.size * np.array(bench.scene.part.stretch[:2])
    return float(along * abs(np.sin(turn)) + across * abs(np.cos(turn)))
