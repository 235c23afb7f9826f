"""Policies by name, for the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wm_core.agent import WorldModelAgent
from wm_core.baselines.hold import HoldPolicy
from wm_core.baselines.mover import Mover
from wm_core.baselines.random import RandomPolicy
from wm_core.baselines.straight import StraightPolicy
from wm_core.evaluation.agent_policy import AgentPolicy
from wm_core.evaluation.policy import Policy
from wm_core.resources import find_model


@dataclass(frozen=True)
class Workshop:
    """What policies are made of. model: name or folder that a policy without one of its own takes.

    agent: makes the planner of a model folder.
    """

    model: str
    mover: Mover
    agent: Callable[[Path], WorldModelAgent]


def make_policy(spec: str, workshop: Workshop) -> Policy:
    """spec: NAME or NAME=FOLDER, the folder of the model it uses; the policy is called as it was asked for.

    Raises `ValueError` for a name that is not known.
    """
    name, _, folder = spec.partition("=")
    if name not in MAKERS:
        raise ValueError(f"policy '{name}' is not known: expected one of: {', '.join(MAKERS)}")
    policy = MAKERS[name](folder or workshop.model, workshop)
    policy.name = spec
    return policy


def _planner(folder: str, workshop: Workshop) -> Policy:
    return AgentPolicy(workshop.agent(find_model(folder)))


MAKERS: dict[str, Callable[[str, Workshop], Policy]] = {
    "planner": _planner,
    "random": lambda folder, workshop: RandomPolicy(workshop.mover),
    "hold": lambda folder, workshop: HoldPolicy(),
    "straight": lambda folder, workshop: StraightPolicy(workshop.mover),
}
