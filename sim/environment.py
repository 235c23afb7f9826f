"""The tabletop as a task that its caller steps: data collection, evaluation and tests run on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sim.bench import Bench
from sim.camera import OVERHEAD_VIEW
from sim.look import random_look
from sim.part import WORK_PIECE, Part, random_part
from sim.perturbations import make_perturbation
from sim.scene import PHYSICS_STEP
from sim.tasks import TASKS
from wm_core.config import BoxConfig
from wm_core.kinematics.urdf_arm import load_arm
from wm_core.protocols import Glance
from wm_core.resources import find_robot
from wm_core.types import Command, Felt, Observation, Outcome, Stage

CAMERA_PERIOD = 0.05
"""s, as in the ROS node"""


class PandaTabletop:
    """Implements `wm_core.protocols.Environment`."""

    def __init__(
        self,
        task: str = "reach",
        look: float = 0.0,
        views: int = 1,
        perturb: str | None = None,
        image_size: int = 128,
        gui: bool = False,
    ) -> None:
        """look: how much light, colours, camera and part differ from one seed to the next, 0 to 1. views: cameras.

        perturb: what goes wrong in every episode, 'NAME=STRENGTH' (see `sim/perturbations.yaml`).
        Raises `ValueError` for an unknown task or perturbation, or another number of cameras than 1 or 2.
        """
        if task not in TASKS:
            raise ValueError(f"task '{task}' is not known: expected one of: {', '.join(TASKS)}")
        if views not in (1, 2):
            raise ValueError(f"views = {views}: expected 1 or 2")
        if not 0.0 <= look <= 1.0:
            raise ValueError(f"look = {look}: expected 0 to 1")
        self.robot = find_robot("panda")
        self.kinematics = load_arm(self.robot)
        self._task = TASKS[task]()
        self._look = look
        self._perturbation = make_perturbation(perturb)
        self._target: np.ndarray | None = None
        cameras = (self._task.view, OVERHEAD_VIEW)[:views]
        self._bench = Bench(self.robot, self.kinematics, cameras, image_size, gui)

    @property
    def task(self) -> str:
        """Its name."""
        return self._task.name

    @property
    def gripper(self) -> bool:
        """Whether the task's actions have a gripper command."""
        return self._task.gripper

    @property
    def play_box(self) -> BoxConfig:
        """Where the tool goes, and the part stays, while data is collected, m."""
        return self._task.play_box

    @property
    def max_step(self) -> float:
        """m, the longest tool displacement of one action."""
        return self._task.max_step

    @property
    def obstacles(self) -> tuple[BoxConfig, ...]:
        """What stands in the way in the present scene, and must not be touched."""
        return self._bench.scene.obstacles.boxes

    def reset(self, seed: int) -> Observation:
        """See `Environment`."""
        random = np.random.default_rng([seed, 6])
        part = random_part(random, self._look, WORK_PIECE if self._task.work_piece else Part())
        self._bench.load(part, random_look(random, self._look))
        self._task.begin(self._bench, seed)
        self._perturbation.begin(self._bench, seed)
        self._target = None
        return self.observe()

    def stages(self, seed: int, kind: str = "image") -> tuple[Stage, ...]:
        """See `Environment`."""
        return self.stages_at(self._task.target(self._bench, seed), kind)

    def stages_at(self, target: np.ndarray, kind: str = "image") -> tuple[Stage, ...]:
        """As `stages`, with what the task is about, the tool or the part's centre, to be at `target` (3,) m."""
        kinds = self._task.kinds
        if kind not in kinds:
            raise ValueError(f"goal kind '{kind}' is not known to task '{self.task}': expected one of: {', '.join(kinds)}")
        self._target = np.array(target, dtype=float)
        with self._perturbation.lifted(self._bench):
            return self._task.stages(self._bench, self._target, kind)

    def step(self, command: Command, duration: float, glance: Glance | None = None) -> Observation:
        """See `Environment`."""
        self._bench.step(command, duration, self._watch if glance is None else self._glancing(glance, duration))
        return self.observe()

    def advance(self, command: Command, duration: float) -> None:
        """As `step`, without looking: a picture takes six times as long as the physics."""
        self._bench.step(command, duration, self._watch)

    def observe(self) -> Observation:
        """The scene as it is now."""
        seen = self._bench.observe()
        return replace(seen, image=self._perturbation.picture(seen.image, seen.stamp))

    def felt(self) -> Felt:
        """See `Environment`."""
        return self._bench.felt

    def tool_position(self) -> np.ndarray:
        """See `Environment`."""
        return self._bench.scene.tool_pose().position

    def object_position(self) -> np.ndarray:
        """See `Environment`."""
        return self._bench.scene.part_pose().position

    def outcome(self) -> Outcome:
        """See `Environment`. Raises `RuntimeError` when no goal was given since the last reset."""
        if self._target is None:
            raise RuntimeError("no goal was given since the last reset")
        outcome, fault = self._task.outcome(self._bench, self._target), self._perturbation.fault()
        return Outcome(False, outcome.distance, ", ".join(filter(None, (outcome.note, fault)))) if fault else outcome

    def close(self) -> None:
        """See `Environment`."""
        self._bench.scene.close()

    def _watch(self, bench: Bench) -> bool:
        self._task.watch(bench)
        self._perturbation.watch(bench)
        return False

    def _glancing(self, glance: Glance, duration: float) -> Callable[[Bench], bool]:
        """Watches, and shows a frame every camera period, but for that at the end, which `step` returns."""
        every, last = round(CAMERA_PERIOD / PHYSICS_STEP), round(duration / PHYSICS_STEP)
        steps = iter(range(1, last + 1))

        def watch(bench: Bench) -> bool:
            self._watch(bench)
            step = next(steps)
            return step % every == 0 and step < last and glance(self.observe())

        return watch
