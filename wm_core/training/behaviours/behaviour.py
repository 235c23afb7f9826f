"""The contract of a behaviour, and the playground that it is made for."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from wm_core.config import BoxConfig
from wm_core.protocols import Environment


class Playground(Environment, Protocol):
    """An `Environment` that data can be collected in.

    play_box: where tool and object may be, m. gripper: whether commands open and close one. max_step: m, longest action.
    """

    @property
    def play_box(self) -> BoxConfig: ...

    @property
    def gripper(self) -> bool: ...

    @property
    def max_step(self) -> float: ...


class Behaviour(Protocol):
    """Chooses one action after another, by ground truth: it makes data, it is not judged. Built from (box, max_step, seed)."""

    def action(self, tool: np.ndarray, part: np.ndarray, opening: float) -> tuple[np.ndarray, int]:
        """tool, part: (3,) m, where tool and object are; opening: m between the fingers.

        -> the tool displacement to make next, (3,) m, at most `max_step` long and ending inside the box, and the
        gripper's command: -1 close, 0 as it is, +1 open.
        """


def limit_norm(vector: np.ndarray, longest: float) -> np.ndarray:
    """`vector` (3,), shortened where it is longer than `longest`."""
    return vector * min(1.0, longest / max(float(np.linalg.norm(vector)), 1e-9))
