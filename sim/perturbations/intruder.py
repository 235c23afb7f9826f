"""Somebody reaches into the scene."""

from __future__ import annotations

import numpy as np

from sim.bench import Bench
from sim.perturbations.perturbation import Perturbation
from sim.perturbations.strengths import strengths
from sim.quiet import quiet_output

with quiet_output():
    import pybullet

_RADIUS, _LENGTH = 0.045, 0.40  # m; length between the centres of its round ends
_SKIN = (0.87, 0.66, 0.52, 1.0)
_EDGE = 0.25  # m from the middle of the table, where work begins
_OUTSIDE = 0.60  # m, where its tip comes from: out of sight
_SPEED = 0.6  # m/s
_ALONG = (0.42, 0.58)  # m, how far in front of the arm
_HEIGHT = 0.10  # m


class Intruder(Perturbation):
    """A forearm, as a capsule, comes in from the left or the right in mid-episode and stays.

    Cameras see it and nothing is moved by it. An arm that touches it has failed, whatever else it did.
    """

    def __init__(self, strength: str) -> None:
        self._strength = strengths().intruder.at(strength)
        self._body: int | None = None

    def begin(self, bench: Bench, seed: int) -> None:
        """See `Perturbation`."""
        random = np.random.default_rng([seed, 8])
        self._onset = random.uniform(*strengths().onset_s)
        self._side, self._along = float(random.choice([-1.0, 1.0])), random.uniform(*_ALONG)
        self._touched = False
        if self._body is None:
            self._body = _capsule(bench)
        self._put(bench, _OUTSIDE)

    def watch(self, bench: Bench) -> None:
        """See `Perturbation`."""
        passed = bench.arm.now - self._onset
        if passed < 0.0:
            return
        self._put(bench, max(_EDGE - self._strength.depth_m, _OUTSIDE - _SPEED * passed))
        self._touched = self._touched or bench.scene.arm_touches(self._body)

    def fault(self) -> str:
        """See `Perturbation`."""
        return "touched the intruder" if self._touched else ""

    def _put(self, bench: Bench, tip: float) -> None:
        """tip: m from the middle of the table to its foremost point."""
        centre = np.array([self._along, self._side * (tip + _RADIUS + 0.5 * _LENGTH), _HEIGHT])
        lying = bench.scene.client.getQuaternionFromEuler([0.5 * np.pi, 0.0, 0.0])
        bench.scene.client.resetBasePositionAndOrientation(self._body, centre, lying)


def _capsule(bench: Bench) -> int:
    client = bench.scene.client
    shape = client.createCollisionShape(pybullet.GEOM_CAPSULE, radius=_RADIUS, height=_LENGTH)
    visual = client.createVisualShape(pybullet.GEOM_CAPSULE, radius=_RADIUS, length=_LENGTH, rgbaColor=_SKIN)
    body = int(client.createMultiBody(0.0, shape, visual))
    client.setCollisionFilterGroupMask(body, -1, 0, 0)  # it pushes nothing
    return body
