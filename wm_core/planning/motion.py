"""Action spaces: how a sampled (S, H, A) becomes joint paths that the arm can really follow."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from wm_core.limits import ArmLimits
from wm_core.planning.batched_kinematics import BatchedKinematics, ToolState
from wm_core.planning.rotation import limit_norm, rotation_error, rotation_matrix
from wm_core.protocols import Candidates
from wm_core.types import Goal

SPEED_SHARE = 0.8  # of the velocity limits: what is left over lets the time parameterisation catch up
LIMIT_MARGIN = 0.01  # rad kept from the position limits, m kept from the workspace box


class MotionSpace(Protocol):
    """What the sampler draws in. Actions are normalised: 1 is the largest a step allows."""

    dimension: int

    def candidates(self, actions: Tensor, start: Tensor) -> Candidates:
        """actions: (S, H, A), unbounded; start: (J,) rad -> what the arm would really do, without latents."""

    def straight(self, start: Tensor, goal: Goal, horizon: int) -> Tensor | None:
        """-> (H, A), straight to the goal as fast as this space allows; None where the goal does not say where."""


class ToolMotion:
    """A = 3: tool displacement of each step, no longer than `max_step`, by damped differential inverse kinematics.

    The tool turns toward one orientation meanwhile, at most `max_turn` rad a step, and what freedom remains
    pulls the arm to its home posture. The tool stays in the workspace box; where the arm cannot follow (limits,
    singularity) the displacements reported are those it makes, not those that were asked for.
    """

    dimension = 3
    max_turn = 0.3
    posture_gain = 0.1  # of the way home in a step, in the null space
    damping = 1e-4  # m^2, squared: singular values well above 0.01 pass undamped

    def __init__(
        self,
        kinematics: BatchedKinematics,
        limits: ArmLimits,
        home: np.ndarray,
        orientation: np.ndarray,
        max_step: float,
        step: float,
    ) -> None:
        """home: (J,) rad. orientation: (4,) xyzw, what the tool turns toward. max_step: m in one step of `step` s."""
        self._kinematics = kinematics
        self._bounds = JointBounds(limits, step, kinematics)
        self._home = kinematics.tensor(home)
        self._orientation = kinematics.tensor(rotation_matrix(orientation))
        self._box = (
            kinematics.tensor(limits.workspace_lower + LIMIT_MARGIN),
            kinematics.tensor(limits.workspace_upper - LIMIT_MARGIN),
        )
        self._max_step = max_step
        self._damping = self.damping * torch.eye(6, device=kinematics.device)

    def candidates(self, actions: Tensor, start: Tensor) -> Candidates:
        """See `MotionSpace`."""
        wanted = limit_norm(actions, 1.0) * self._max_step
        joints, tool = start[None], self._kinematics.tool(start[None])  # one row serves every sample in the first step
        first = tool.position
        paths, positions, rotations = [], [], []
        for displacement in wanted.unbind(1):
            joints = self._follow(joints, tool, displacement)
            tool = self._kinematics.tool(joints)
            paths.append(joints)
            positions.append(tool.position)
            rotations.append(tool.rotation)
        position = torch.stack(positions, 1)
        displacements = torch.diff(position, dim=1, prepend=first.expand(len(actions), 1, 3))
        return Candidates(actions, torch.stack(paths, 1), displacements, position, torch.stack(rotations, 1), start)

    def straight(self, start: Tensor, goal: Goal, horizon: int) -> Tensor | None:
        """See `MotionSpace`; needs a pose in the goal."""
        if goal.pose is None:
            return None
        position, _ = self._kinematics.forward(start)
        way = (self._kinematics.tensor(goal.pose.position) - position) / self._max_step
        return _paced(way, way.norm(), horizon)

    def _follow(self, joints: Tensor, tool: ToolState, displacement: Tensor) -> Tensor:
        inside = torch.clamp(tool.position + displacement, *self._box) - tool.position
        turn = limit_norm(rotation_error(tool.rotation, self._orientation), self.max_turn)
        inside = limit_norm(inside, self._max_step)
        twist = torch.cat([inside, turn.expand(len(inside), 3)], dim=-1)[..., None]  # (S, 6, 1)
        posture = self.posture_gain * (self._home - joints)[..., None]  # (S, J, 1)
        jacobian, transposed = tool.jacobian, tool.jacobian.mT
        # dq = n + J^T (J J^T + lambda I)^-1 (twist - J n): least squares with the posture in the null space
        remaining = twist - jacobian @ posture
        change = posture + transposed @ torch.linalg.solve(jacobian @ transposed + self._damping, remaining)
        return self._bounds.advance(joints, change.squeeze(-1))


class JointMotion:
    """A = J: joint displacement of each step as a share of what the velocity limits allow; for joint goals."""

    def __init__(self, kinematics: BatchedKinematics, limits: ArmLimits, step: float) -> None:
        """step: s."""
        self.dimension = kinematics.joints
        self._kinematics = kinematics
        self._bounds = JointBounds(limits, step, kinematics)

    def candidates(self, actions: Tensor, start: Tensor) -> Candidates:
        """See `MotionSpace`."""
        changes = actions.clamp(-1.0, 1.0) * self._bounds.largest
        joints, paths = start[None].expand(len(actions), -1), []
        for change in changes.unbind(1):
            joints = self._bounds.advance(joints, change)
            paths.append(joints)
        path = torch.stack(paths, 1)
        position, rotation = self._kinematics.forward(path)
        first = self._kinematics.forward(start)[0].expand(len(actions), 1, 3)
        return Candidates(actions, path, torch.diff(position, dim=1, prepend=first), position, rotation, start)

    def straight(self, start: Tensor, goal: Goal, horizon: int) -> Tensor | None:
        """See `MotionSpace`; needs joints in the goal."""
        if goal.joints is None:
            return None
        way = (self._kinematics.tensor(goal.joints) - start) / self._bounds.largest
        return _paced(way, way.abs().max(), horizon)


class JointBounds:
    """Joint position and velocity limits as tensors, with their margins."""

    def __init__(self, limits: ArmLimits, step: float, kinematics: BatchedKinematics) -> None:
        self._lower = kinematics.tensor(limits.lower + LIMIT_MARGIN)
        self._upper = kinematics.tensor(limits.upper - LIMIT_MARGIN)
        self.largest = kinematics.tensor(SPEED_SHARE * limits.velocity * step)  # (J,) rad in a step

    def advance(self, joints: Tensor, change: Tensor) -> Tensor:
        """joints, change: (S, J) -> joints after the change, slowed as a whole so that its direction stays."""
        excess = (change.abs() / self.largest).amax(-1, keepdim=True).clamp(min=1.0)
        return torch.clamp(joints + change / excess, self._lower, self._upper)


def _paced(way: Tensor, length: Tensor, horizon: int) -> Tensor:
    """Cuts `way` (A,), which is `length` steps long, into steps no longer than 1: (H, A), zero after arrival."""
    done = torch.arange(horizon, device=way.device, dtype=way.dtype)
    share = (length - done).clamp(0.0, 1.0) / length.clamp(min=1e-9)
    return share[:, None] * way
