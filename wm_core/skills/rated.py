"""Skills as the world model sees them end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Sequence, runtime_checkable

import numpy as np
from torch import Tensor

from wm_core.planning.rehearsal import Rehearsal
from wm_core.skills.skill import Skill

ASTRAY = 0.02  # m that the arm may be off the way it was told before the way counts as out of reach


@runtime_checkable
class MotionReader(Protocol):
    """A `WorldModel` that tells motion from latents."""

    def motion(self, before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
        """before, after: (..., *latent) -> motion of tool and object between them, (..., 3) m each."""


@dataclass(frozen=True, eq=False)
class RatedSkill:
    """A skill and its imagined end.

    cost: of the goal there, as the planner weighs it; lower is better. tool, object: (3,) m, how far each is then
    from where it was, as the model's metric reads it. uncertainty: m, how far apart the ensemble sees the end, None
    without one. graspable: whether the object goes up with the hand by more than half of the lift, None for a skill
    that lifts nothing. reachable: whether the arm can follow.

    To do it: joint_path (H, J) rad and gripper (H,) commands, a row a model step; actions (H, 3) m are its tool motion.
    """

    name: str
    cost: float
    tool: np.ndarray
    object: np.ndarray
    uncertainty: float | None
    graspable: bool | None
    reachable: bool
    joint_path: np.ndarray
    actions: np.ndarray
    gripper: np.ndarray

    @property
    def moved_by(self) -> float:
        """m that the object is displaced"""
        return float(np.linalg.norm(self.object))


def stack_controls(skills: Sequence[Skill], tool: np.ndarray, max_step: float) -> tuple[np.ndarray, list[int]]:
    """-> (S, H, 4), the shorter ones waiting at their end, and how long each is. Raises `ValueError` for no or an empty skill."""
    each = [skill.to_controls(tool, max_step) for skill in skills]
    lengths = [len(controls) for controls in each]
    if not each or min(lengths) == 0:
        raise ValueError(f"{len(each)} skills of {lengths} steps: expected at least one of at least one step each")
    stacked = np.zeros((len(each), max(lengths), 4))
    for row, controls in enumerate(each):
        stacked[row, : len(controls)] = controls
    return stacked, lengths


def rate(skills: Sequence[Skill], lengths: Sequence[int], controls: np.ndarray, seen: Rehearsal, model: MotionReader) -> list[RatedSkill]:
    """controls: (S, H, 4) as told. -> the best first; those out of reach after all others."""
    rated = [_rate(skill, row, length, controls[row], seen, model) for row, (skill, length) in enumerate(zip(skills, lengths))]
    return sorted(rated, key=lambda one: (not one.reachable, np.nan_to_num(one.cost, nan=np.inf)))


def _rate(skill: Skill, row: int, length: int, told: np.ndarray, seen: Rehearsal, model: MotionReader) -> RatedSkill:
    futures, end = seen.candidates, length - 1
    tool, part = (_array(way) for way in model.motion(seen.latent, futures.latents[row, end]))
    done = _array(futures.displacements[row, :length])
    off = np.linalg.norm((done - told[:length, :3]).cumsum(0), axis=-1)
    return RatedSkill(
        name=skill.name,
        cost=float(seen.costs[row, end]),
        tool=tool,
        object=part,
        uncertainty=None if seen.uncertainty is None else float(seen.uncertainty[row, end]),
        graspable=bool(part[2] > 0.5 * skill.lifts) if skill.lifts > 0.0 else None,
        reachable=bool(off.max() <= ASTRAY),
        joint_path=_array(futures.joint_path[row, :length]),
        actions=done,
        gripper=told[:length, 3],
    )


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.cpu().numpy().astype(float)
