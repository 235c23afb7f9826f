"""Rotations and vector lengths in batches."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from transforms3d.quaternions import quat2mat


def rotation_matrix(quaternion: np.ndarray) -> np.ndarray:
    """(4,) xyzw, of any length but zero -> (3, 3)."""
    x, y, z, w = np.asarray(quaternion, dtype=float)
    return quat2mat((w, x, y, z))


def rotation_error(rotation: Tensor, target: Tensor) -> Tensor:
    """rotation: (S, 3, 3), target: (3, 3) -> (S, 3), the rotation vector (rad, base axes) that leads to the target.

    At exactly half a turn the axis is undefined and the answer is zero.
    """
    turn = target @ rotation.mT
    axis = 0.5 * torch.stack(
        [turn[:, 2, 1] - turn[:, 1, 2], turn[:, 0, 2] - turn[:, 2, 0], turn[:, 1, 0] - turn[:, 0, 1]], dim=-1
    )  # sine of the angle times the unit axis
    sine = axis.norm(dim=-1, keepdim=True)
    cosine = 0.5 * (turn.diagonal(dim1=-2, dim2=-1).sum(-1, keepdim=True) - 1.0)
    return axis * (torch.atan2(sine, cosine) / sine.clamp(min=1e-7))


def rotation_distance(rotation: Tensor, target: Tensor) -> Tensor:
    """rotation: (..., 3, 3), target: (3, 3) -> (...), 2 sin(angle / 2): the angle in rad while it is small."""
    return (rotation - target).flatten(-2).norm(dim=-1) / 2**0.5


def limit_norm(vectors: Tensor, longest: float) -> Tensor:
    """(..., N) -> the same directions, none longer than `longest`."""
    return vectors * (longest / vectors.norm(dim=-1, keepdim=True).clamp(min=longest))
