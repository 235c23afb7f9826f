"""Somebody reaches in while the arm moves: to try, in the running simulator, what notices it."""

from __future__ import annotations

from typing import Callable

from sim.perturbations.visit import Visit
from sim.scene import Scene

_NAME = "intruder"


class Visitor:
    """Its time begins when the arm is first told to move. `report` is told once where it is, and when it was touched."""

    def __init__(self, scene: Scene, visit: Visit, report: Callable[[str, bool], None]) -> None:
        """report: gets what happened, and whether the arm touched the forearm."""
        self._scene, self._visit, self._report = scene, visit, report
        self._since: float | None = None
        self._touched = False
        scene.forearm.put(visit.pose(0.0))
        report("a forearm comes in once the arm has begun to move", False)

    def begin(self, now: float) -> None:
        """The arm was told to move at `now` (s, on its clock). Only the first time counts."""
        if self._since is None:
            self._since = now

    def tick(self, now: float) -> None:
        """It is `now` (s, on the arm's clock)."""
        if self._since is None or now - self._since < self._visit.onset or self._touched:
            return
        self._scene.forearm.put(self._visit.pose(now - self._since))
        self._touched = self._scene.arm_touches_forearm()
        self._report("the arm has touched the forearm" if self._touched else "a forearm is in the scene", self._touched)


def make_visit(perturb: str, seed: int) -> Visit | None:
    """perturb: 'intruder=STRENGTH', '' for nobody. Raises `ValueError`."""
    if not perturb:
        return None
    name, equals, strength = perturb.partition("=")
    if name != _NAME or not equals:
        raise ValueError(f"'{perturb}': expected {_NAME}=STRENGTH or nothing; the other cases are those of `wm eval` alone")
    return Visit(strength, seed)
