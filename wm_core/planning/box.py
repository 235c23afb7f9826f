"""Keeps the tool in the workspace, with the time that it takes to stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from wm_core.limits import ArmLimits
from wm_core.planning.batched_kinematics import BatchedKinematics, ToolState
from wm_core.planning.bounds import JointBounds

ROUNDING = 1e-4  # m kept from the very edge of the box
EDGE = 1e-3  # m from the edge, where what would be outside is brought to


class Box(NamedTuple):
    """lower, upper: (S, 3) m, or (1, 3) for all samples."""

    lower: Tensor
    upper: Tensor

    def of(self, rows: Tensor) -> Box:
        """Those of some samples."""
        return self if len(self.lower) == 1 else Box(self.lower[rows], self.upper[rows])

    def leaves(self, position: Tensor) -> Tensor:
        """(S, ..., 3) m -> (S, ...), whether it is outside."""
        shape = (len(self.lower),) + (1,) * (position.ndim - 2) + (3,)
        return ((position < self.lower.view(shape)) | (position > self.upper.view(shape))).any(-1)

    def nearest(self, position: Tensor) -> Tensor:
        """(S, 3) m -> the same, inside."""
        return torch.clamp(position, self.lower + EDGE, self.upper - EDGE)


@dataclass(frozen=True)
class Moved:
    """One step of every sample. joints, change: (S, J) rad, where it ends and what it changed. tool: at its end."""

    joints: Tensor
    change: Tensor
    tool: ToolState

    def expand(self, count: int) -> Moved:
        """One row (S = 1) as `count` of them; `count` rows as they are."""
        return Moved(self.joints.expand(count, -1), self.change.expand(count, -1), self.tool.expand(count))


class WorkspaceKeeper:
    """Every step ends in the box, and so would braking from there: what would not is replaced by braking.

    A start that is outside, or that cannot stop before it is, may be as far outside as braking takes it.
    """

    def __init__(self, kinematics: BatchedKinematics, bounds: JointBounds, limits: ArmLimits) -> None:
        self._kinematics, self._bounds = kinematics, bounds
        self.lower = kinematics.tensor(limits.workspace_lower + ROUNDING)
        self.upper = kinematics.tensor(limits.workspace_upper - ROUNDING)

    def allowed(self, start: Moved) -> Box:
        """start: where the samples begin, one row each or one for all."""
        place = start.tool.position
        lower, upper = torch.minimum(self.lower, place), torch.maximum(self.upper, place)
        for rows, stop in self._bounds.stops(start.joints, start.change):
            place = self._kinematics.forward(stop)[0]
            lower[rows], upper[rows] = torch.minimum(lower[rows], place), torch.maximum(upper[rows], place)
        return Box(lower, upper)

    def broken(self, box: Box, begin: Moved, path: Tensor, position: Tensor) -> Tensor:
        """path: (S, H, J) rad from `begin`, position: (S, H, 3) m -> (S, H), where box or joint limits do not hold.

        Where it could not stop before one of them counts as well.
        """
        changes = torch.diff(with_begin(begin, path), dim=1)
        outside = box.leaves(position) | self._bounds.broken(changes[:, :-1], changes[:, 1:])
        flat = outside.flatten()
        for rows, stop in self._bounds.stops(path.flatten(0, 1), changes[:, 1:].flatten(0, 1)):
            leaves = box.of(rows // path.shape[1]).leaves(self._kinematics.forward(stop)[0])
            flat[rows] |= self._bounds.beyond(stop) | leaves
        return flat.view_as(outside)

    def keep(self, box: Box, before: Moved, after: Moved) -> Moved:
        """`after`, or where that leaves the box, braking from `before`."""
        leaving = box.leaves(after.tool.position)
        for rows, stop in self._bounds.stops(after.joints, after.change):
            leaving[rows] |= box.of(rows).leaves(self._kinematics.forward(stop)[0])
        if not leaving.any():
            return after
        change = torch.where(leaving[:, None], self._bounds.brake(before.change), after.change)
        joints = torch.where(leaving[:, None], before.joints + change, after.joints)
        return Moved(joints, change, self._kinematics.tool(joints))


def with_begin(begin: Moved, path: Tensor) -> Tensor:
    """path: (S, H, J) rad -> (S, 2 + H, J), where it was a step before it begins and where it begins, ahead of it."""
    first = torch.stack([begin.joints - begin.change, begin.joints], dim=1)
    return torch.cat([first.expand(len(path), -1, -1), path], dim=1)
