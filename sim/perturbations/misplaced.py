"""Somebody bumps the part."""

from __future__ import annotations

import numpy as np

from sim.bench import Bench
from sim.perturbations.perturbation import Perturbation
from sim.perturbations.strengths import strengths
from sim.tasks.task import turned
from wm_core.types import Pose

_LOWER, _UPPER = np.array([0.37, -0.18]), np.array([0.61, 0.18])  # m, where it ends up: in sight and in reach
_CLEAR = 0.08  # m from the tool on the table, where the tool is low
_LOW = 0.16  # m
_TRIES = 32


class Misplaced(Perturbation):
    """In mid-episode the part lies elsewhere, turned; it waits until the arm does not touch it, and may wait in vain."""

    def __init__(self, strength: str) -> None:
        self._strength = strengths().misplaced.at(strength)

    def begin(self, bench: Bench, seed: int) -> None:
        """See `Perturbation`."""
        random = np.random.default_rng([seed, 8])
        self._onset = random.uniform(*strengths().onset_s)
        self._turn = np.radians(self._strength.turn_deg) * random.choice([-1.0, 1.0])
        angles = random.uniform(-np.pi, np.pi, _TRIES)
        self._shifts = self._strength.shift_m * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        self._done = False

    def watch(self, bench: Bench) -> None:
        """See `Perturbation`."""
        if self._done or bench.arm.now < self._onset or bench.scene.touches():
            return
        pose, tool = bench.scene.part_pose(), bench.scene.tool_pose().position
        for shift in self._shifts:
            there = pose.position[:2] + shift
            inside = (there >= _LOWER).all() and (there <= _UPPER).all()
            if inside and (tool[2] > _LOW or np.linalg.norm(there - tool[:2]) >= _CLEAR):
                orientation = _product(turned(self._turn), pose.orientation)
                bench.scene.put_part(Pose(np.array([*there, pose.position[2]]), orientation))
                self._done = True
                return


def _product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(4,) xyzw: first turned by `right`, then by `left`."""
    a, b = left[:3], right[:3]
    return np.array([*(left[3] * b + right[3] * a + np.cross(a, b)), left[3] * right[3] - a @ b])
