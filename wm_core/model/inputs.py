"""From observations to what encoders take: stacked views, and what the arm feels of itself. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wm_core.preprocess import preprocess_image
from wm_core.types import Observation


def stack_views(views: Sequence[np.ndarray], expected: int, size: int) -> np.ndarray:
    """views: (H, W, 3) uint8 RGB each -> (3V, size, size) uint8, of the first V = `expected`.

    More cameras may look on than a model was trained with. Raises `ValueError` for fewer.
    """
    if len(views) < expected:
        raise ValueError(f"got {len(views)} views, expected {expected}")
    return np.concatenate([preprocess_image(view, size) for view in views[:expected]])


def stack_pictures(observations: Sequence[Observation], views: int, size: int) -> np.ndarray:
    """-> (T, 3V, size, size) uint8. Raises `ValueError` as `stack_views`."""
    return np.stack([stack_views((one.image, *one.other_views), views, size) for one in observations])


def stack_feelings(observations: Sequence[Observation], gripper: bool) -> np.ndarray:
    """-> (T, J) rad, with `gripper` one more number, its opening in m. Raises `ValueError` when that is not told."""
    joints = np.stack([one.joints.position for one in observations])
    if gripper:
        opening = [one.gripper for one in observations]
        if None in opening:
            raise ValueError("the observation does not tell the gripper's opening, which the model was trained with")
        joints = np.concatenate([joints, np.array(opening, dtype=float)[:, None]], axis=1)
    return joints.astype(np.float32)
