"""What can go wrong with a scene."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from sim.bench import Bench


class Perturbation:
    """One thing that goes wrong in an episode, drawn from its seed; this one is that nothing does.

    Goal pictures never show it: they were taken before, of the scene as it was expected.
    """

    def begin(self, bench: Bench, seed: int) -> None:
        """Called when an episode has been set up."""

    def watch(self, bench: Bench) -> None:
        """Called after every physics step; `bench.arm.now` is the time in the episode, s."""

    def picture(self, image: np.ndarray, seconds: float) -> np.ndarray:
        """What the first camera's picture (H, W, 3) becomes, `seconds` into the episode."""
        return image

    @contextmanager
    def lifted(self, bench: Bench) -> Iterator[None]:
        """As if it had not happened meanwhile: goal pictures are taken in there."""
        yield

    def fault(self) -> str:
        """Why this episode is no success, whatever became of the task; '' where it may be one."""
        return ""
