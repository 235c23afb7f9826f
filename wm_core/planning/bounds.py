"""The limits of one arm while it is planned for: how far its joints may be, how fast, and how soon faster or slower."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from wm_core.limits import ArmLimits
from wm_core.planning.batched_kinematics import BatchedKinematics

SPEED_SHARE = 0.8  # of the velocity limits: what is left over lets the time parameterisation catch up
ACCELERATION_SHARE = 0.98  # of the acceleration limits: rounding must not matter
ROUNDING = 1e-5  # rad
LIMIT_MARGIN = 0.01  # rad kept from the position limits, m kept from the workspace box


class JointBounds:
    """Joint limits as tensors, with their margins. Velocity is the change of joints in a model step.

    Joints are never so fast toward a position limit that they could not stop before it. From a start that can, every
    path keeps all limits; from one that cannot, acceleration is kept and the arm is back inside as soon as that allows.
    """

    def __init__(self, limits: ArmLimits, step: float, kinematics: BatchedKinematics) -> None:
        """step: s."""
        self.lower = kinematics.tensor(limits.lower + LIMIT_MARGIN)
        self.upper = kinematics.tensor(limits.upper - LIMIT_MARGIN)
        self.largest = kinematics.tensor(SPEED_SHARE * limits.velocity * step)  # (J,) rad in a step
        swing = ACCELERATION_SHARE * limits.acceleration * step**2
        self.swing = kinematics.tensor(swing)  # (J,) rad, how much more or less than in the step before
        self.braking_steps = int(np.ceil((limits.velocity * step / swing).max()))  # until the fastest joint is at rest
        steps = np.arange(1, self.braking_steps).reshape(-1, 1, 1)
        self._parts, self._offsets = kinematics.tensor(1.0 / (steps + 1.0)), kinematics.tensor(steps * swing / 2.0)

    def advance(self, joints: Tensor, before: Tensor, change: Tensor) -> Tensor:
        """joints, before, change: (S, J) rad -> (S, J), the joints one step after `joints`; sees a limit when it is there.

        before: the change of the step before; change: what is wanted. It is slowed as a whole so that its direction
        stays, and comes as near to it from `before` as acceleration allows. At a position limit the arm stops dead.
        """
        jump = change / _excess(change / self.largest) - before
        return torch.clamp((joints + before).addcdiv(jump, _excess(jump / self.swing)), self.lower, self.upper)

    def advance_carefully(self, joints: Tensor, before: Tensor, change: Tensor) -> Tensor:
        """`advance` that brakes before a position limit; takes twice as long."""
        after = self.advance(joints, before, change)
        if len(self._parts):
            down, up = self._fastest(joints - self.lower), self._fastest(self.upper - joints)
            after = torch.clamp(after, joints - down, joints + up)
        return torch.clamp(after, joints + before - self.swing, joints + before + self.swing)

    def broken(self, before: Tensor, change: Tensor) -> Tensor:
        """before, change: (..., J) rad in one step and the next -> (...), whether that is too much acceleration."""
        return ((change - before).abs() > self.swing + ROUNDING).any(-1)

    def beyond(self, joints: Tensor) -> Tensor:
        """(..., J) rad -> (...), whether a position limit is."""
        return ((joints < self.lower) | (joints > self.upper)).any(-1)

    def brake(self, change: Tensor) -> Tensor:
        """(S, J) rad in a step -> in the next one, every joint braking as hard as it may."""
        return change - torch.clamp(change, -self.swing, self.swing)

    def stops(self, joints: Tensor, change: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Where braking leads from `joints`, step by step, for those that are not at rest in the next step: few are.

        joints: (N, J) rad, change: (N, J) rad in the step before -> which rows still move, (M,), and where they are, (M, J).
        """
        rows = torch.arange(len(joints), device=joints.device)
        for _ in range(self.braking_steps):
            change = self.brake(change)
            moving = change.any(-1)
            if not moving.any():
                return
            rows, change = rows[moving], change[moving]
            joints = joints[moving] + change
            yield rows, joints

    def _fastest(self, room: Tensor) -> Tensor:
        """(S, J) rad to a limit -> rad that the next step may go there, if it takes more than one to stop.

        A joint that goes d and then brakes by s in every step comes to rest after d + (d - s) + ... with n terms after
        the first: (n + 1) d - s n (n + 1) / 2. The largest of these over n is the way it needs.
        """
        return (room * self._parts + self._offsets).amin(0)


def _excess(share: Tensor) -> Tensor:
    """share: (S, J) of what is allowed -> (S, 1), by how much too large the largest is; 1 where none is."""
    return torch.linalg.vector_norm(share, torch.inf, dim=-1, keepdim=True).clamp(min=1.0)
