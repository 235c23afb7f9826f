"""A reflection on the camera's picture."""

from __future__ import annotations

import numpy as np

from sim.bench import Bench
from sim.perturbations.perturbation import Perturbation
from sim.perturbations.strengths import strengths

_MIDDLE = (0.25, 0.75)  # of the picture: where the reflection is at first
_SPEED = 0.05  # of the picture's side, per s


class Glare(Perturbation):
    """A soft white spot on the first camera's picture that wanders slowly, from the first picture on."""

    def __init__(self, strength: str) -> None:
        self._strength = strengths().glare.at(strength)

    def begin(self, bench: Bench, seed: int) -> None:
        """See `Perturbation`."""
        random = np.random.default_rng([seed, 8])
        self._start = random.uniform(*_MIDDLE, 2)
        angle = random.uniform(-np.pi, np.pi)
        self._velocity = _SPEED * np.array([np.cos(angle), np.sin(angle)])

    def picture(self, image: np.ndarray, seconds: float) -> np.ndarray:
        """See `Perturbation`."""
        height, width = image.shape[:2]
        # There and back within the picture's inner four fifths, so that it covers as much of it all the time.
        place = 0.1 + 0.8 * (1.0 - np.abs(1.0 - (self._start + self._velocity * seconds - 0.1) / 0.8 % 2.0))
        rows, columns = (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width
        squared = (rows[:, None] - place[1]) ** 2 + (columns[None] - place[0]) ** 2
        # White for half at the radius whose circle is `share` of the picture, and soft around it.
        ratio = np.pi * squared / max(self._strength.share, 1e-9)
        white = (0.5 ** (ratio**1.5))[..., None]
        return np.round(image + white * (255.0 - image)).astype(np.uint8)
