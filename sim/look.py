"""What a scene looks like, apart from where things are: light, colours, and where the camera really stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PATTERNS = 64  # of the table


@dataclass(frozen=True)
class Stain:
    """A pattern over the table's own texture, one of `PATTERNS`. strength: 0 to 1, how far it covers that at most."""

    pattern: int
    strength: float


@dataclass(frozen=True)
class Look:
    """light: direction toward it; light_colour, table: RGB, 1 is white and the texture's own; ambient: share of light.

    stain: of the table, None leaves its own texture.
    eye_shift, target_shift: (3,) m, how far the camera stands and looks from where it should.
    """

    light: tuple[float, float, float] = (1.0, 1.0, 2.0)
    light_colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    ambient: float = 0.6
    table: tuple[float, float, float] = (1.0, 1.0, 1.0)
    stain: Stain | None = None
    eye_shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    target_shift: tuple[float, float, float] = (0.0, 0.0, 0.0)


def random_look(random: np.random.Generator, strength: float) -> Look:
    """strength: 0 is the plain look, 1 the widest spread (camera within 1.5 cm of its place on every axis)."""
    plain = Look()
    darker = 1.0 - 0.1 * strength  # nothing is brighter than white
    return Look(
        light=_near(random, plain.light, 1.0 * strength),
        light_colour=_near(random, plain.light_colour, 0.15 * strength),
        ambient=float(plain.ambient + strength * random.uniform(-0.12, 0.12)),
        table=_near(random, (darker, darker, darker), 0.15 * strength, highest=1.0),
        eye_shift=_near(random, plain.eye_shift, 0.015 * strength),
        target_shift=_near(random, plain.target_shift, 0.01 * strength),
        stain=Stain(int(random.integers(PATTERNS)), strength) if strength else None,
    )


def _near(
    random: np.random.Generator, values: tuple[float, ...], spread: float, highest: float = np.inf
) -> tuple[float, ...]:
    drawn = np.array(values) + random.uniform(-spread, spread, len(values))
    return tuple(float(value) for value in np.minimum(drawn, highest))
