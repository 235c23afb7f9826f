"""The part is not what it should be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from sim.bench import Bench
from sim.perturbations.perturbation import Perturbation
from sim.perturbations.strengths import strengths

_OTHER = np.array([0.15, 0.3, 0.8])  # RGB


class Damaged(Perturbation):
    """Another colour and edges of other lengths, from the first picture on. Goal pictures show the part as ordered."""

    def __init__(self, strength: str) -> None:
        self._strength = strengths().damaged.at(strength)

    def begin(self, bench: Bench, seed: int) -> None:
        """See `Perturbation`."""
        random = np.random.default_rng([seed, 8])
        along = 1.0 + random.choice([-1.0, 1.0]) * self._strength.stretch
        self._ordered = part = bench.scene.part
        share = min(1.0, self._strength.recolour)
        colour = (1.0 - share) * np.array(part.colour) + share * _OTHER
        self._found = replace(part, colour=tuple(colour.tolist()), stretch=(along, 2.0 - along, 1.0))
        bench.load(self._found, bench.scene.look)

    @contextmanager
    def lifted(self, bench: Bench) -> Iterator[None]:
        """See `Perturbation`."""
        bench.load(self._ordered, bench.scene.look)
        try:
            yield
        finally:
            bench.load(self._found, bench.scene.look)
