"""Policies by name, for the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from wm_core.agent import WorldModelAgent, narrowed
from wm_core.baselines.hold import HoldPolicy
from wm_core.baselines.imitation import ImitationPolicy
from wm_core.baselines.mover import Mover
from wm_core.baselines.random import RandomPolicy
from wm_core.baselines.regressor import RegressorPolicy
from wm_core.baselines.store import load_baseline
from wm_core.baselines.straight import StraightPolicy
from wm_core.config import RobotConfig
from wm_core.evaluation.agent_policy import AgentPolicy
from wm_core.evaluation.overrides import load_agent_with, override_planner
from wm_core.evaluation.policy import Policy
from wm_core.kinematics.urdf_arm import UrdfArm
from wm_core.model.checkpoint import load_card, load_world_model
from wm_core.model.policy_checkpoint import PolicyName, load_policy
from wm_core.planning import MpcPlanner
from wm_core.resources import find_model


@dataclass(frozen=True)
class Workshop:
    """What policies are made of. model: name or folder that a policy without one of its own takes.

    max_step: m, the longest action. settings: over the planner's, see `override_planner`.
    """

    model: str
    robot: RobotConfig
    arm: UrdfArm
    max_step: float
    device: torch.device
    settings: Sequence[str] = ()

    @property
    def mover(self) -> Mover:
        """For policies that know where the tool shall go."""
        return Mover(self.arm, self.robot, self.max_step)

    def mover_of(self, folder: Path) -> Mover:
        """For those that act on what a model sees: as its planner they stay where it knows that."""
        return Mover(self.arm, self.robot_of(folder), self.max_step)

    def robot_of(self, folder: Path) -> RobotConfig:
        """The robot in the workspace of the model in this folder. Raises `CheckpointError`, `ConfigError`."""
        return narrowed(self.robot, load_card(folder).workspace)


def make_policy(spec: str, workshop: Workshop) -> Policy:
    """spec: NAME or NAME=FOLDER, the folder of the model it uses; the policy is called as it was asked for.

    Raises `ValueError` for a name that is not known, `CheckpointError` where the folder lacks what it needs.
    """
    name, _, folder = spec.partition("=")
    if name not in MAKERS:
        raise ValueError(f"policy '{name}' is not known: expected one of: {', '.join(MAKERS)}")
    policy = MAKERS[name](folder or workshop.model, workshop)
    policy.name = spec
    return policy


def _planner(folder: str, workshop: Workshop) -> Policy:
    return AgentPolicy(load_agent_with(find_model(folder), str(workshop.device), workshop.settings))


def _imitation(name: PolicyName) -> Callable[[str, Workshop], Policy]:
    def make(folder: str, workshop: Workshop) -> Policy:
        where = find_model(folder)
        model = load_world_model(where, workshop.device)
        return ImitationPolicy(name, load_policy(where, name, model), model, workshop.mover_of(where))

    return make


def _pixel(folder: str, workshop: Workshop) -> Policy:
    where = find_model(folder)
    model = load_baseline("pixel", where, workshop.device)
    config, robot = override_planner(load_card(where).planner, workshop.settings), workshop.robot_of(where)
    planner = MpcPlanner(robot, workshop.arm, config, model, device=workshop.device, max_step=workshop.max_step)
    return AgentPolicy(WorldModelAgent(model.encoder, model.predictor, planner))


def _regressor(folder: str, workshop: Workshop) -> Policy:
    where = find_model(folder)
    return RegressorPolicy(load_baseline("regressor", where, workshop.device), workshop.mover_of(where))


MAKERS: dict[str, Callable[[str, Workshop], Policy]] = {
    "planner": _planner,
    "random": lambda folder, workshop: RandomPolicy(workshop.mover),
    "hold": lambda folder, workshop: HoldPolicy(),
    "straight": lambda folder, workshop: StraightPolicy(workshop.mover),
    "bc": _imitation("prior"),
    "idm": _imitation("inverse_dynamics"),
    "pixel": _pixel,
    "regressor": _regressor,
}
