"""What a scene looks like, apart from where things are: light, colours, and where the camera really stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Look:
    """light: direction toward it; light_colour, table: RGB, 1 is white and the texture's own; ambient: share of light.

    eye_shift, target_shift: (3,) m, how far the camera stands and looks from where it should.
    """

    light: tuple[float, float, float] = (1.0, 1.0, 2.0)
    light_colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    ambient: float = 0.6
    table: tuple[float, float, float] = (1.0, 1.0, 1.0)
    eye_shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    target_shift: tuple[float, float, float] = (0.0, 0.0, 0.0)


def random_look(random: np.random.Generator, strength: float) -> Look:
    """strength: 0 is the plain look, 1 the widest spread (camera within 1.5 cm of its place on every axis)."""
    plain = Look()
    return Look(
        light=_near(random, plain.light, 1.0 * strength),
        light_colour=_near(random, plain.light_colour, 0.15 * strength),
        ambient=float(plain.ambient + strength * random.uniform(-0.12, 0.12)),
        table=tuple(min(1.0, value) for value in _near(random, (0.9, 0.9, 0.9) if strength else plain.table, 0.15 * strength)),
        eye_shift=_near(random, plain.eye_shift, 0.015 * strength),
        target_shift=_near(random, plain.target_shift, 0.01 * strength),
    )


def _near(random: np.random.Generator, values: tuple[float, ...], spread: float) -> tuple[float, ...]:
    return tuple(float(value) for value in np.array(values) + random.uniform(-spread, spread, len(values)))
