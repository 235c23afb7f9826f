"""What a task is, and what most of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from sim.bench import Bench
from sim.camera import CameraView
from wm_core.config import BoxConfig
from wm_core.types import Outcome, Pose, Stage


class Task(ABC):
    """One kind of work on a bench, made anew for every environment.

    view: of the first camera. work_piece: whether the part is a `WORK_PIECE` to be handled, or scenery.
    play_box: where the tool goes, and the part stays, while data is collected. max_step: m, longest action.
    kinds: how its goals can be told.
    """

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]
    view: ClassVar[CameraView]
    work_piece: ClassVar[bool]
    gripper: ClassVar[bool]
    play_box: ClassVar[BoxConfig]
    max_step: ClassVar[float]

    @abstractmethod
    def begin(self, bench: Bench, seed: int) -> None:
        """Puts arm and part where an episode starts."""

    @abstractmethod
    def target(self, bench: Bench, seed: int) -> np.ndarray:
        """-> (3,) m, where that which the task is about shall be: the tool or the part's centre"""

    @abstractmethod
    def stages(self, bench: Bench, target: np.ndarray, kind: str) -> tuple[Stage, ...]:
        """The goal of having it there, told as one of `kinds`. The scene is left as it was."""

    def watch(self, bench: Bench) -> None:
        """Called after every physics step, for tasks in which the way there counts."""

    @abstractmethod
    def outcome(self, bench: Bench, target: np.ndarray) -> Outcome:
        """See `Environment.outcome`."""


# Where work pieces lie and are brought to: all of it is in sight and in reach.
PART_LOWER, PART_UPPER = np.array([0.40, -0.15]), np.array([0.58, 0.15])
# Where the tool starts in tasks about a part: above everything that lies on the table.
START_LOWER, START_UPPER = np.array([0.38, -0.17, 0.12]), np.array([0.60, 0.17, 0.22])
TABLE_BOX = BoxConfig(lower=(0.34, -0.21, 0.032), upper=(0.64, 0.21, 0.25))
_DRAWS = 10_000  # of a goal; in the area itself a dozen is enough
WITHDRAWN = np.array([0.36, 0.0, 0.25])  # m, where the tool is in pictures that are about the part alone


def random_part_pose(random: np.random.Generator, size: float) -> Pose:
    """On the table, turned by up to 45 degrees."""
    position = np.array([*random.uniform(PART_LOWER, PART_UPPER), 0.5 * size])
    return Pose(position, turned(random.uniform(-np.pi / 4.0, np.pi / 4.0)))


def turned(angle: float) -> np.ndarray:
    """(4,) xyzw of a turn about the vertical, rad."""
    return np.array([0.0, 0.0, np.sin(0.5 * angle), np.cos(0.5 * angle)])


def part_goal(random: np.random.Generator, here: np.ndarray, nearest: float, farthest: float) -> np.ndarray:
    """A place on the table `nearest` to `farthest` m from `here` (3,) -> (3,) m

    Raises `ValueError` where there is none: a part that was pushed far off the table's middle.
    """
    for _ in range(_DRAWS):
        position = random.uniform(PART_LOWER, PART_UPPER)
        if nearest <= np.linalg.norm(position - here[:2]) <= farthest:
            return np.array([*position, here[2]])
    x, y = here[:2]
    raise ValueError(
        f"the part is at ({x:.2f}, {y:.2f}) m: no goal {nearest:g} to {farthest:g} m from it between {PART_LOWER} and {PART_UPPER}"
    )
