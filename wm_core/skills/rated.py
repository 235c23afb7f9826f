"""Skills as the world model sees them end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Sequence, runtime_checkable

import numpy as np
from torch import Tensor

from wm_core.planning.rehearsal import Rehearsal
from wm_core.skills.experience import Experience, Learned
from wm_core.skills.primitives import CONTACT
from wm_core.skills.skill import Skill

# m that the arm may be off the way it was told before the way counts as out of reach. Farther off, a hand that should
# come down beside an object would come down on it.
ASTRAY = CONTACT


@runtime_checkable
class MotionReader(Protocol):
    """A `WorldModel` that tells motion from latents."""

    def motion(self, before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
        """before, after: (..., *latent) -> motion of tool and object between them, (..., 3) m each."""


@dataclass(frozen=True, eq=False)
class RatedSkill:
    """A skill and its end as it is expected.

    cost: of the goal there, as the planner weighs it; lower is better. tool, object: (3,) m, how far each is then
    from where it was, as the model's metric reads it; of the object, what experience makes of that, where it has any.
    uncertainty: m, root mean square of what such an expectation missed when it was tried, spread: (3,) m, the same along
    the axes; without experience, how far apart the ensemble sees the end, None without one, and None. left: (3,) m that
    the object is then still to go, None where the goal does not say. imagined, imagined_cost: object and cost before
    experience. graspable: whether the object goes up with the hand by more than half of the lift, None for a skill that
    lifts nothing. reachable: whether the arm can follow; astray: m that it is off the way it was told, at most.

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
    spread: np.ndarray | None
    left: np.ndarray | None
    imagined: np.ndarray
    imagined_cost: float
    astray: float

    @property
    def tool_way(self) -> np.ndarray:
        """(3,) m from where the tool begins to where it ends, by kinematics"""
        return self.actions.sum(0)

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


def rate(
    skills: Sequence[Skill],
    lengths: Sequence[int],
    controls: np.ndarray,
    seen: Rehearsal,
    model: MotionReader,
    experience: Experience | None = None,
) -> list[RatedSkill]:
    """controls: (S, H, 4) as told. -> the best first; those out of reach after all others."""
    rated = [
        _rate(skill, row, length, controls[row], seen, model, experience)
        for row, (skill, length) in enumerate(zip(skills, lengths))
    ]
    return sorted(rated, key=lambda one: (not one.reachable, np.nan_to_num(one.cost, nan=np.inf)))


def _rate(
    skill: Skill,
    row: int,
    length: int,
    told: np.ndarray,
    seen: Rehearsal,
    model: MotionReader,
    experience: Experience | None,
) -> RatedSkill:
    futures, end = seen.candidates, length - 1
    tool, imagined = (_array(way) for way in model.motion(seen.latent, futures.latents[row, end]))
    done = _array(futures.displacements[row, :length])
    astray = float(np.linalg.norm((done - told[:length, :3]).cumsum(0), axis=-1).max())
    learned = None if experience is None else experience.foretell(skill, imagined, done.sum(0))
    part = imagined if learned is None else learned.object
    way = None if seen.object_way is None else _array(seen.object_way)
    imagined_cost = float(seen.costs[row, end])
    return RatedSkill(
        name=skill.name,
        cost=imagined_cost + _farther(way, imagined, learned) * seen.object_weight,
        tool=tool,
        object=part,
        uncertainty=_doubt(seen, row, end) if learned is None else float(np.linalg.norm(learned.spread)),
        graspable=bool(part[2] > 0.5 * skill.lifts) if skill.lifts > 0.0 else None,
        reachable=astray <= ASTRAY,
        joint_path=_array(futures.joint_path[row, :length]),
        actions=done,
        gripper=told[:length, 3],
        spread=None if learned is None else learned.spread,
        left=None if way is None else way - part,
        imagined=imagined,
        imagined_cost=imagined_cost,
        astray=astray,
    )


def _farther(way: np.ndarray | None, imagined: np.ndarray, learned: Learned | None) -> float:
    """m that the object is expected to be left farther from the goal than was imagined, root mean square.

    So of two skills that should end as near the surer one is better. Other terms of the cost stand as they are.
    """
    if way is None or learned is None:
        return 0.0
    expected = np.sqrt(np.square(way - learned.object).sum() + np.square(learned.spread).sum())
    return float(expected - np.linalg.norm(way - imagined))


def _doubt(seen: Rehearsal, row: int, end: int) -> float | None:
    return None if seen.uncertainty is None else float(seen.uncertainty[row, end])


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.cpu().numpy().astype(float)
