"""Somebody knocks against the camera."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.bench import Bench
from sim.camera import CameraView
from sim.perturbations.perturbation import Perturbation
from sim.perturbations.strengths import strengths


class Camera(Perturbation):
    """In mid-episode the first camera moves and turns, and stays so."""

    def __init__(self, strength: str) -> None:
        self._strength = strengths().camera.at(strength)

    def begin(self, bench: Bench, seed: int) -> None:
        """See `Perturbation`."""
        random = np.random.default_rng([seed, 8])
        self._onset = random.uniform(*strengths().onset_s)
        direction = random.normal(size=3)
        self._shift = self._strength.shift_m * direction / np.linalg.norm(direction)
        self._toward = random.uniform(-np.pi, np.pi)  # up, down, left or right, as an angle in the picture
        self._done = False

    def watch(self, bench: Bench) -> None:
        """See `Perturbation`."""
        if not self._done and bench.arm.now >= self._onset:
            bench.knock(self._knocked(bench.views[0]))
            self._done = True

    def _knocked(self, view: CameraView) -> CameraView:
        eye, way = np.array(view.eye), np.array(view.target) - np.array(view.eye)
        right = np.cross(way, [0.0, 0.0, 1.0])
        up = np.cross(right, way)
        aside = np.cos(self._toward) * right / np.linalg.norm(right) + np.sin(self._toward) * up / np.linalg.norm(up)
        turned = way + np.tan(np.radians(self._strength.turn_deg)) * np.linalg.norm(way) * aside
        moved = eye + self._shift
        return replace(view, eye=tuple(moved.tolist()), target=tuple((moved + turned).tolist()))
