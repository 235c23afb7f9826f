"""Forward kinematics and Jacobians of many joint positions at once, in torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Sequence

import numpy as np
import torch
from torch import Tensor

from wm_core.cuda import upload

if TYPE_CHECKING:
    from wm_core.kinematics.urdf_arm import JointChain


@dataclass(frozen=True)
class ToolState:
    """Where the tool is and how it moves: frame (S, 4, 4), columns (S, J, 6), what each joint moves it by.

    Linear parts come first, m and rad in axes of the base frame, like those of `UrdfArm.jacobian`.
    """

    frame: Tensor
    columns: Tensor

    @property
    def position(self) -> Tensor:
        """(S, 3) m"""
        return self.frame[:, :3, 3]

    @property
    def rotation(self) -> Tensor:
        """(S, 3, 3)"""
        return self.frame[:, :3, :3]

    @property
    def jacobian(self) -> Tensor:
        """(S, 6, J)"""
        return self.columns.mT

    def expand(self, count: int) -> ToolState:
        """One row (S = 1) as `count` of them; `count` rows as they are."""
        return ToolState(self.frame.expand(count, -1, -1), self.columns.expand(count, -1, -1))


class BatchedKinematics:
    """The arm of a `JointChain` for (S, J) joints. Few and large tensor operations: it runs inside the planning loop.

    With Rodrigues' formula each joint transform is linear in sine and cosine of its angle, P (C0 + sin C1 + cos C2),
    so all of them come from one expression and only the product along the chain is sequential. Every joint's frame is
    turned so that it turns about its own z: then the axes are a column of the frames.
    """

    def __init__(self, chain: JointChain, device: torch.device | str = "cpu") -> None:
        """chain: from `UrdfArm.chain()`."""
        self.joints = len(chain.axes)
        self.device = torch.device(device)
        aligned = np.stack([_onto_z(axis) for axis in chain.axes])
        constant, sine, cosine = (self.tensor(part)[:, None] for part in _coefficients(chain, aligned))  # (J, 1, 4, 4)
        self._constant, self._sine, self._cosine = constant, sine, cosine
        self._tool = self.tensor(aligned[-1].T @ chain.placements[-1])
        self._aligned = self.tensor(aligned[:, :3, :3])

    def tensor(self, values: np.ndarray) -> Tensor:
        """The same numbers in the planner's precision, on its device."""
        return upload(torch.as_tensor(np.asarray(values), dtype=torch.float32), self.device)

    def links(self) -> Tensor:
        """(J + 1, 3, 4): to the frame of each joint at 0, which turns about its z, from the one before; the last to the tool."""
        return torch.cat([(self._constant + self._cosine)[:, 0, :3], self._tool[None, :3]])

    def tool(self, joints: Tensor) -> ToolState:
        """joints: (S, J) rad -> position, rotation and Jacobian of the tool."""
        frames = self._frames(joints)
        tool = torch.matmul(frames[-1], self._tool)
        stacked = torch.stack(frames, dim=1)  # (S, J, 4, 4)
        axes, places = stacked[..., :3, 2], stacked[..., :3, 3]
        lever = tool[:, None, :3, 3] - places
        return ToolState(tool, torch.cat([torch.linalg.cross(axes, lever), axes], dim=-1))

    def forward(self, joints: Tensor) -> tuple[Tensor, Tensor]:
        """joints: (..., J) rad -> position (..., 3) m, rotation (..., 3, 3)."""
        tool = torch.matmul(self._frames(joints.reshape(-1, self.joints))[-1], self._tool)
        shape = joints.shape[:-1]
        return tool[:, :3, 3].reshape(*shape, 3), tool[:, :3, :3].reshape(*shape, 3, 3)

    def points(self, joints: Tensor, carried: Sequence[Tensor]) -> Tensor:
        """joints: (..., J) rad; carried: for each joint the (P, 3) m in its frame that it moves, P from 0 -> (..., sum of P, 3) m."""
        frames = self._frames(joints.reshape(-1, self.joints))
        turned = [part @ turn for part, turn in zip(carried, self._aligned)]
        placed = [part @ frame[:, :3, :3].mT + frame[:, None, :3, 3] for frame, part in zip(frames, turned) if len(part)]
        return torch.cat(placed, dim=1).reshape(*joints.shape[:-1], -1, 3)

    def _frames(self, joints: Tensor) -> list[Tensor]:
        angles = joints.T.reshape(self.joints, -1, 1, 1)
        local = torch.addcmul(self._constant, angles.sin(), self._sine).addcmul_(angles.cos(), self._cosine)
        first, *others = local.unbind(0)
        frames = [first]
        for transform in others:
            frames.append(torch.bmm(frames[-1], transform))
        return frames


def _coefficients(chain: JointChain, aligned: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The matrices of P (C0 + sin C1 + cos C2) for each joint, (J, 4, 4) each. aligned: (J, 4, 4) of `_onto_z`."""
    constant, sine, cosine = [], [], []
    before = np.eye(4)
    for placement, (x, y, z), after in zip(chain.placements, chain.axes, aligned):
        cross = np.zeros((4, 4))
        cross[:3, :3] = [[0, -z, y], [z, 0, -x], [-y, x, 0]]
        square = cross @ cross
        placed = before.T @ placement
        constant.append(placed @ (np.eye(4) + square) @ after)
        sine.append(placed @ cross @ after)
        cosine.append(placed @ -square @ after)
        before = after
    return np.stack(constant), np.stack(sine), np.stack(cosine)


def _onto_z(axis: np.ndarray) -> np.ndarray:
    """axis: (3,), a unit vector -> (4, 4), a rotation that takes z to it; none for z itself."""
    beside = np.eye(3)[0 if abs(axis[1]) > 0.9 else 1]
    first = np.cross(beside, axis)
    first = first / np.linalg.norm(first)
    turn = np.eye(4)
    turn[:3, :3] = np.column_stack([first, np.cross(axis, first), axis])
    return turn
