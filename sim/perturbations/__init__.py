"""The brittle cases: what can go wrong with a scene, by name. A new one is a file here, a line below and its strengths."""

from __future__ import annotations

from collections.abc import Callable

from sim.perturbations.camera import Camera
from sim.perturbations.damaged import Damaged
from sim.perturbations.glare import Glare
from sim.perturbations.intruder import Intruder
from sim.perturbations.misplaced import Misplaced
from sim.perturbations.perturbation import Perturbation

PERTURBATIONS: dict[str, Callable[[str], Perturbation]] = {
    "misplaced": Misplaced,
    "glare": Glare,
    "damaged": Damaged,
    "intruder": Intruder,
    "camera": Camera,
}

__all__ = ["PERTURBATIONS", "Perturbation", "make_perturbation"]


def make_perturbation(text: str | None) -> Perturbation:
    """'NAME=STRENGTH', such as 'glare=medium' or 'glare=0.5'; None for none. Raises `ValueError`."""
    if text is None:
        return Perturbation()
    name, equals, strength = text.partition("=")
    if name not in PERTURBATIONS or not equals:
        known = ", ".join(PERTURBATIONS)
        raise ValueError(f"perturbation '{text}': expected NAME=STRENGTH, with one of: {known}")
    return PERTURBATIONS[name](strength)
