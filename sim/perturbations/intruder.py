"""Somebody reaches into the scene."""

from __future__ import annotations

from sim.bench import Bench
from sim.perturbations.perturbation import Perturbation
from sim.perturbations.visit import Visit


class Intruder(Perturbation):
    """A forearm, as a capsule, comes in from the left or the right in mid-episode and stays.

    Cameras see it and nothing is moved by it. An arm that touches it has failed, whatever else it did.
    """

    def __init__(self, strength: str) -> None:
        self._strength = strength
        Visit(strength, 0)  # a strength that there is not is refused here, not in mid-run

    def begin(self, bench: Bench, seed: int) -> None:
        """See `Perturbation`."""
        self._visit, self._touched = Visit(self._strength, seed), False
        bench.scene.forearm.put(self._visit.pose(0.0))

    def watch(self, bench: Bench) -> None:
        """See `Perturbation`."""
        now = bench.arm.now
        if now < self._visit.onset:
            return
        bench.scene.forearm.put(self._visit.pose(now))
        self._touched = self._touched or bench.scene.arm_touches_forearm()

    def fault(self) -> str:
        """See `Perturbation`."""
        return "touched the intruder" if self._touched else ""
