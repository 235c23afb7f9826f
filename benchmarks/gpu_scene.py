"""Planners and what they see, for measurements on a machine that has a GPU and perhaps no Pinocchio and no simulator."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from wm_core.backends import with_backend
from wm_core.config import RobotConfig
from wm_core.model.checkpoint import load_card, load_world_model
from wm_core.model.policy_checkpoint import load_policy
from wm_core.planning import MpcPlanner
from wm_core.resources import find_model, find_robot
from wm_core.types import Focus, Goal, JointState, Observation

TASKS = {"panda_tabletop": "reach", "panda_table": "push"}
PICTURES = 64  # more than a model remembers


@dataclass(frozen=True, eq=False)
class Chain:
    """As `wm_core.kinematics.urdf_arm.JointChain`."""

    placements: np.ndarray
    axes: np.ndarray


@dataclass(frozen=True, eq=False)
class ArmOnPaper:
    """What planners ask of an arm, out of a file."""

    joint_names: tuple[str, ...]
    lower: np.ndarray
    upper: np.ndarray
    velocity: np.ndarray
    placements: np.ndarray
    axes: np.ndarray

    def chain(self) -> Chain:
        """See `UrdfArm`."""
        return Chain(self.placements, self.axes)


def write_arm(file: Path) -> None:
    """Writes the Panda to a file; needs Pinocchio."""
    from wm_core.kinematics.urdf_arm import load_arm

    arm = load_arm(find_robot("panda"))
    numbers = {name: getattr(arm, name).tolist() for name in ("lower", "upper", "velocity")}
    chain = {name: getattr(arm.chain(), name).tolist() for name in ("placements", "axes")}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"joint_names": arm.joint_names} | numbers | chain))


def read_arm(file: Path) -> ArmOnPaper:
    """What `write_arm` wrote."""
    read = json.loads(file.read_text())
    names = tuple(read.pop("joint_names"))
    return ArmOnPaper(names, **{name: np.array(values) for name, values in read.items()})


def make_planner(
    arm: ArmOnPaper, model: str, device: str, backend: str, budget: tuple[int, int, int], record: bool = True, threads: int | None = None
) -> MpcPlanner:
    """budget: samples, horizon, iterations. As `load_agent` makes it, without a deadline."""
    folder = find_model(model)
    card, world_model = load_card(folder), load_world_model(folder, torch.device(device))
    samples, horizon, iterations = budget
    config = card.planner.model_copy(
        update={"samples": samples, "horizon": horizon, "iterations": iterations, "deadline": 60.0}
    )
    return MpcPlanner(
        robot_of(model),
        arm,
        config,
        with_backend(world_model, backend, samples, horizon, threads),
        device=torch.device(device),
        threads=threads,
        max_step=card.model.max_step,
        prior=load_policy(folder, "prior", world_model) if card.prior is not None else None,
        record=record,
    )


def robot_of(model: str) -> RobotConfig:
    """The Panda, in the model's workspace."""
    robot, card = find_robot("panda"), load_card(find_model(model))
    return robot if card.workspace is None else robot.model_copy(update={"workspace": card.workspace})


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
