"""Rotations and vector lengths in batches."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad
from transforms3d.quaternions import quat2mat


def rotation_matrix(quaternion: np.ndarray) -> np.ndarray:
    """(4,) xyzw, of any length but zero -> (3, 3)."""
    x, y, z, w = np.asarray(quaternion, dtype=float)
    return quat2mat((w, x, y, z))


class Turning:
    """What is left to turn to one orientation.

    Sine and cosine of the angle are linear in the rotation, so that one product finds both.
    """

    def __init__(self, target: Tensor) -> None:
        """target: (3, 3)"""
        self.target = target
        x, y, z = target
        none, last = torch.zeros_like(x), target.new_zeros(4)
        # The axis is that of target R^T - R target^T, times the sine: crossed rows of both.
        rows = [torch.stack([none, z, -y]), torch.stack([-z, none, x]), torch.stack([y, -x, none]), target]
        parts = torch.stack([torch.cat([pad(row, (0, 1)).flatten(), last]) for row in rows])
        parts[3, -1] = -1.0  # by the 1 in the corner of a frame
        self._parts = 0.5 * parts.T.contiguous()  # (16, 4)
        self.told = target, self._parts  # what it was made of the target

    def left(self, frame: Tensor, longest: float = math.inf) -> Tensor:
        """frame: (S, 4, 4) -> (S, 3), the rotation vector (rad, base axes) that leads to the target, at most `longest`.

        At exactly half a turn the axis is undefined and the answer is zero.
        """
        found = frame.flatten(1) @ self._parts
        axis = found[:, :3]  # of unit length, times the sine
        sine = torch.linalg.vector_norm(axis, dim=-1, keepdim=True)
        angle = torch.atan2(sine, found[:, 3:])
        return axis * (angle.clamp(max=longest) / sine.clamp(min=1e-7))


def rotation_distance(rotation: Tensor, target: Tensor) -> Tensor:
    """rotation: (..., 3, 3), target: (3, 3) -> (...), 2 sin(angle / 2): the angle in rad while it is small."""
    return (rotation - target).flatten(-2).norm(dim=-1) / 2**0.5


def limit_norm(vectors: Tensor, longest: float) -> Tensor:
    """(..., N) -> the same directions, none longer than `longest`."""
    return vectors / (torch.linalg.vector_norm(vectors, dim=-1, keepdim=True) / longest).clamp(min=1.0)
