"""The skills by name, and how they are combined."""

from __future__ import annotations

import math
from typing import Mapping

import numpy as np

from wm_core.skills.primitives import Lift, Push, Rotate, Wait
from wm_core.skills.skill import Skill


class SkillSequence:
    """Implements `Skill`: one after the other, each from where the tool was brought by those before it."""

    def __init__(self, *skills: Skill, name: str | None = None) -> None:
        """name: by default 'one then another'. Raises `ValueError` for fewer than two."""
        if len(skills) < 2:
            raise ValueError(f"a sequence of {len(skills)} skills: expected two or more")
        self.skills = skills
        self.name = " then ".join(skill.name for skill in skills) if name is None else name

    @property
    def parameters(self) -> Mapping[str, float]:
        """Numbered from 1: '2.height' is the height of the second."""
        return {
            f"{row}.{name}": value
            for row, skill in enumerate(self.skills, start=1)
            for name, value in skill.parameters.items()
        }

    @property
    def lifts(self) -> float:
        """See `Skill`."""
        return sum(skill.lifts for skill in self.skills)

    def to_controls(self, tool: np.ndarray, max_step: float) -> np.ndarray:
        """See `Skill`."""
        parts, here = [], np.asarray(tool, dtype=float)
        for skill in self.skills:
            parts.append(skill.to_controls(here, max_step))
            here = here + parts[-1][:, :3].sum(0)
        return np.concatenate(parts)


def named_skills() -> tuple[Skill, ...]:
    """push in four directions, rotate in two, lift, wait, and combinations. Every name is there once."""
    quarter = math.pi / 2
    push = {name: row * quarter for row, name in enumerate(("forward", "left", "back", "right"))}
    pushes = [Push(f"push {name}", direction) for name, direction in push.items()]
    # Up again by as much as it went down, and over the object: that is where `lift` begins.
    again = [Push(f"push {name}", push[name], after=0.08) for name in ("left", "right")]
    return (
        *pushes,
        Rotate("rotate clockwise", offset=0.02),
        Rotate("rotate counter-clockwise", offset=-0.02),
        Lift(),
        Wait(),
        *(SkillSequence(first, Lift()) for first in again),
    )
