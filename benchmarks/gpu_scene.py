"""Planners and what they see, for measurements on a GPU."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wm_core.agent import load_planner
from wm_core.bench.replanner import replanner
from wm_core.kinematics.urdf_arm import UrdfArm
from wm_core.planning import MpcPlanner
from wm_core.resources import find_model, find_robot
from wm_core.types import Focus, Goal, JointState, Observation

TASKS = {"panda_tabletop": "reach", "panda_table": "push"}
PICTURES = 64  # more than a model remembers


def make_planner(
    arm: UrdfArm, model: str, device: str, backend: str, budget: tuple[int, int, int], record: bool = True, threads: int | None = None
) -> MpcPlanner:
    """The shipped one without a deadline. budget: samples, horizon, iterations."""
    planner = load_planner(find_model(model), device, find_robot("panda"), arm, threads, backend)
    samples, horizon, iterations = budget
    return replanner(planner, record=record, samples=samples, horizon=horizon, iterations=iterations, deadline=60.0)


class Scenes:
    """Random pictures and places: plans are of no use, and take as long as any. `frame` after `frame`, as a camera has them."""

    def __init__(self, model: str, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self._pictures = random.integers(0, 256, (PICTURES, 64, 64, 3), dtype=np.uint8)
        home = np.array(find_robot("panda").home)
        self._joints = home + random.uniform(-0.1, 0.1, (PICTURES, len(home)))
        focus = Focus.OBJECT if TASKS[model] == "push" else Focus.SCENE
        self.goals = [Goal(image=random.integers(0, 256, (64, 64, 3), dtype=np.uint8), focus=focus) for _ in range(4)]

    def seen(self, frame: int) -> Sequence[Observation]:
        """Two moments; the older was the newer one before."""
        return [self._moment(frame + offset, 0.2 * offset) for offset in (0, 1)]

    def _moment(self, frame: int, stamp: float) -> Observation:
        joints = self._joints[frame % PICTURES]
        return Observation(self._pictures[frame % PICTURES], JointState(joints, np.zeros(len(joints)), stamp), stamp, gripper=0.06)
