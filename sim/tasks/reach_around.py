"""Have the tool on the other side of a wall, without touching it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sim.bench import Bench
from sim.scene import SceneState
from sim.tasks.reach import Reach
from wm_core.config import BoxConfig
from wm_core.types import Outcome, Pose

_WALL = np.array([0.20, 0.06, 0.25])  # m, along the axes; it stands on the table
_WALL_LOWER, _WALL_UPPER = np.array([0.47, -0.02]), np.array([0.53, 0.02])  # m, of its centre
# From the wall's middle, m. The hand is 20 cm wide in this direction: it is clear of the wall by 2.5 cm or more.
_ASIDE = (0.16, 0.22)
_ALONG = 0.06  # m along the wall, from its middle
_HEIGHT = (0.10, 0.18)  # m, of start and goal: the straight way leads the fingers through the wall
_CLEAR = 0.05  # m between the wall and the centre of the cube


class ReachAround(Reach):
    """The wall is always between start and goal, 32 cm or more apart; over it is the way that an arm has."""

    name: ClassVar[str] = "reach_around"
    steps: ClassVar[int] = 30

    def __init__(self) -> None:
        self._touched = False

    def begin(self, bench: Bench, seed: int) -> None:
        """See `Task`."""
        random = np.random.default_rng([seed, 2])
        middle = random.uniform(_WALL_LOWER, _WALL_UPPER)
        lower, upper = np.array([*(middle - 0.5 * _WALL[:2]), 0.0]), np.array([*(middle + 0.5 * _WALL[:2]), _WALL[2]])
        bench.scene.obstacles.place((BoxConfig(lower=tuple(lower.tolist()), upper=tuple(upper.tolist())),))
        bench.scene.reset(seed)
        state = bench.scene.state()
        start = bench.joints_at(_beside(random, middle, random.choice([-1.0, 1.0])))
        bench.scene.set_state(SceneState(start, state.fingers, _clear(state.cube, lower, upper)))
        bench.begin()
        self._touched = False

    def target(self, bench: Bench, seed: int) -> np.ndarray:
        """See `Task`: on the side where the tool is not."""
        (wall,) = bench.scene.obstacles.boxes
        middle = 0.5 * (np.array(wall.lower) + np.array(wall.upper))[:2]
        side = -np.sign(bench.scene.tool_pose().position[1] - middle[1])
        return _beside(np.random.default_rng([seed, 3]), middle, side)

    def watch(self, bench: Bench) -> None:
        """See `Task`."""
        self._touched = self._touched or bench.scene.obstacles.touched()

    def outcome(self, bench: Bench, target: np.ndarray) -> Outcome:
        """See `Task`: a single touch, however light, is a failure."""
        there = super().outcome(bench, target)
        return Outcome(False, there.distance, "touched the obstacle") if self._touched else there


def _beside(random: np.random.Generator, middle: np.ndarray, side: float) -> np.ndarray:
    along, aside = random.uniform(-_ALONG, _ALONG), random.uniform(*_ASIDE)
    return np.array([middle[0] + along, middle[1] + side * aside, random.uniform(*_HEIGHT)])


def _clear(cube: Pose, lower: np.ndarray, upper: np.ndarray) -> Pose:
    """The cube's pose, moved out of the wall sideways where it would stand in it."""
    inside = np.all((cube.position[:2] > lower[:2] - _CLEAR) & (cube.position[:2] < upper[:2] + _CLEAR))
    if not inside:
        return cube
    edge = upper[1] + _CLEAR if cube.position[1] > 0.5 * (lower[1] + upper[1]) else lower[1] - _CLEAR
    return Pose(np.array([cube.position[0], edge, cube.position[2]]), cube.orientation)
