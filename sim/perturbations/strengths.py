"""How strong each brittle case is: `sim/perturbations.yaml`, typed."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Generic, TypeVar

from wm_core.config import Strict, load_config

_FILE = Path(__file__).resolve().parent.parent / "perturbations.yaml"
_MOST = 4.0  # times medium; beyond it nothing of a scene is left


class Shift(Strict):
    """How far something moves, m, and turns, degrees."""

    shift_m: float
    turn_deg: float


class Share(Strict):
    """How much of the picture, 0 to 1."""

    share: float


class Damage(Strict):
    """recolour: 0 to 1 on the way to another colour. stretch: of edges, as a share of their length."""

    recolour: float
    stretch: float


class Depth(Strict):
    """How far something reaches in, m."""

    depth_m: float


Strength = TypeVar("Strength", bound=Strict)


class Levels(Strict, Generic[Strength]):
    """The three fixed strengths. A value of 0 everywhere is no perturbation at all."""

    low: Strength
    medium: Strength
    high: Strength

    def at(self, text: str) -> Strength:
        """'low', 'medium', 'high' or how many times medium, 0 to 4. Raises `ValueError`."""
        if text in type(self).model_fields:
            return getattr(self, text)
        try:
            factor = float(text)
        except ValueError:
            factor = math.nan
        if not 0.0 <= factor <= _MOST:
            raise ValueError(f"strength '{text}': expected low, medium, high or a number from 0 to {_MOST:g} (times medium)")
        values = {name: factor * value for name, value in self.medium.model_dump().items()}
        return self.medium.model_copy(update=values)


class Strengths(Strict):
    """The file. onset_s: s, from when to when what begins in mid-episode begins."""

    onset_s: tuple[float, float]
    misplaced: Levels[Shift]
    glare: Levels[Share]
    damaged: Levels[Damage]
    intruder: Levels[Depth]
    camera: Levels[Shift]


@lru_cache(maxsize=1)
def strengths() -> Strengths:
    """What the file says."""
    return load_config(Strengths, _FILE)
