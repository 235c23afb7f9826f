"""What doing skills has taught: how far the object goes, where the world model alone imagines it too short or too long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from wm_core.config import Strict
from wm_core.skills.skill import Skill
from wm_core.skills.trial import SkillScene, SkillTrial, Vector

FEWEST = 10  # trials of a skill that anything is learned from
PULL = 2.0  # trials that speak for the world model as it is, each with motions of PULL_SIZE
PULL_SIZE = 0.01  # m
MARGIN = 0.02  # m beyond what was seen in the trials that experience is still asked about
DIGITS = 6  # of what is stored, in m: micrometres

Row = Annotated[tuple[float, ...], Field(min_length=6, max_length=6)]


@dataclass(frozen=True, eq=False)
class Learned:
    """object: (3,) m, how far it is expected to go. spread: (3,) m, root mean square of what such expectations missed."""

    object: np.ndarray
    spread: np.ndarray


class SkillExperience(Strict):
    """One skill: object motion = offset + gain @ (object motion as imagined, the tool's way), m.

    parameters: of the skill when it was tried. mean: m, object motion over all trials. gain: (3, 6). lower, upper: (6,) m,
    what was seen of both in the trials; least: m, the shortest object motion that was imagined in one. spread: m, root mean square of what each trial was off when the others alone
    foretold it.
    """

    parameters: dict[str, float]
    trials: int
    mean: Vector
    offset: Vector
    gain: tuple[Row, Row, Row]
    lower: Row
    upper: Row
    least: float
    spread: Vector

    def foretell(self, imagined: np.ndarray, tool: np.ndarray) -> Learned | None:
        """imagined, tool: (3,) m. None where they are unlike all trials, as for an object that is elsewhere."""
        seen = np.concatenate([imagined, tool])
        if (seen < np.array(self.lower) - MARGIN).any() or (seen > np.array(self.upper) + MARGIN).any():
            return None
        if np.linalg.norm(imagined) < self.least:  # without a margin: what is not touched at all is near what is hardly moved
            return None
        return Learned(np.array(self.offset) + np.array(self.gain) @ seen, np.array(self.spread))


class Experience(Strict):
    """Of all skills that were tried, by name. model_sha256: of the weights that imagined them."""

    model_sha256: str
    skills: dict[str, SkillExperience]

    def foretell(self, skill: Skill, imagined: np.ndarray, tool: np.ndarray) -> Learned | None:
        """imagined: (3,) m, the object's motion; tool: (3,) m, its way. None for what was never tried like this."""
        known = self.skills.get(skill.name)
        if known is None or known.parameters != _rounded(skill.parameters):
            return None
        return known.foretell(imagined, tool)


def fit_experience(scenes: Iterable[SkillScene], skills: Sequence[Skill], model_sha256: str) -> Experience:
    """Ridge regression skill by skill, pulled towards what was imagined (Hoerl and Kennard, Technometrics 12, 1970).

    Raises `ValueError` for a skill that was done fewer than `FEWEST` times.
    """
    done: dict[str, list[SkillTrial]] = defaultdict(list)
    for scene in scenes:
        for trial in scene.trials:
            done[trial.skill].append(trial)
    few = [skill.name for skill in skills if len(done[skill.name]) < FEWEST]
    if few:
        raise ValueError(f"too few trials of: {', '.join(few)}; expected {FEWEST} or more of each skill")
    return Experience(model_sha256=model_sha256, skills={skill.name: _fit(skill, done[skill.name]) for skill in skills})


def _fit(skill: Skill, trials: Sequence[SkillTrial]) -> SkillExperience:
    seen = np.array([(*trial.imagined_object_m, *trial.tool_way_m) for trial in trials])  # (N, 6)
    true = np.array([trial.true_object_m for trial in trials])  # (N, 3)
    as_imagined = np.eye(3, 6)
    missed = true - seen @ as_imagined.T
    middle, centred = seen.mean(0), seen - seen.mean(0)
    inverse = np.linalg.inv(centred.T @ centred + PULL * PULL_SIZE**2 * np.eye(6))
    gain = as_imagined + (inverse @ centred.T @ (missed - missed.mean(0))).T
    offset = true.mean(0) - gain @ middle
    # Left out one by one, in closed form: a residual grows by what its own trial pulled the line towards itself.
    pulled = 1.0 / len(trials) + np.einsum("ni,ij,nj->n", centred, inverse, centred)
    missing = (true - offset - seen @ gain.T) / (1.0 - pulled)[:, None]
    return SkillExperience(
        parameters=_rounded(skill.parameters),
        trials=len(trials),
        mean=_row(true.mean(0)),
        offset=_row(offset),
        gain=tuple(_row(row) for row in gain),
        lower=_row(seen.min(0)),
        upper=_row(seen.max(0)),
        least=float(np.floor(np.linalg.norm(seen[:, :3], axis=1).min() * 10**DIGITS) / 10**DIGITS),
        spread=_row(np.sqrt(np.square(missing).mean(0))),
    )


def _row(values: np.ndarray) -> tuple[float, ...]:
    return tuple(np.round(values, DIGITS).tolist())


def _rounded(parameters: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(value), DIGITS) for name, value in parameters.items()}
