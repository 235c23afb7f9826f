"""Forward kinematics and Jacobians of many joint positions at once, in torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Sequence

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from wm_core.kinematics.urdf_arm import JointChain


@dataclass(frozen=True)
class ToolState:
    """Where the tool is and how it moves: position (S, 3) m, rotation (S, 3, 3), jacobian (S, 6, J).

    The Jacobian has linear rows first, in axes of the base frame, like `UrdfArm.jacobian`.
    """

    position: Tensor
    rotation: Tensor
    jacobian: Tensor


class BatchedKinematics:
    """The arm of a `JointChain` for (S, J) joints. Few and large tensor operations: it runs inside the planning loop.

    With Rodrigues' formula each joint transform is linear in sine and cosine of its angle, P (C0 + sin C1 + cos C2),
    so all of them come from one expression and only the product along the chain is sequential.
    """

    def __init__(self, chain: JointChain, device: torch.device | str = "cpu") -> None:
        """chain: from `UrdfArm.chain()`."""
        self.joints = len(chain.axes)
        self.device = torch.device(device)
        constant, sine, cosine = (self.tensor(part)[:, None] for part in _coefficients(chain))  # (J, 1, 4, 4)
        self._constant, self._sine, self._cosine = constant, sine, cosine
        self._tool = self.tensor(chain.placements[-1])
        self._axes = self.tensor(chain.axes)[:, None, :, None]  # (J, 1, 3, 1)

    def tensor(self, values: np.ndarray) -> Tensor:
        """The same numbers in the planner's precision, on its device."""
        return torch.as_tensor(np.asarray(values), dtype=torch.float32, device=self.device)

    def tool(self, joints: Tensor) -> ToolState:
        """joints: (S, J) rad -> position, rotation and Jacobian of the tool."""
        frames = self._frames(joints)
        tool = torch.matmul(frames[-1], self._tool)
        stacked = torch.stack(frames)  # (J, S, 4, 4)
        axes = torch.matmul(stacked[..., :3, :3], self._axes).squeeze(-1)  # (J, S, 3)
        lever = tool[:, :3, 3] - stacked[..., :3, 3]
        columns = torch.cat([torch.linalg.cross(axes, lever), axes], dim=-1)  # (J, S, 6)
        return ToolState(tool[:, :3, 3], tool[:, :3, :3], columns.permute(1, 2, 0))

    def forward(self, joints: Tensor) -> tuple[Tensor, Tensor]:
        """joints: (..., J) rad -> position (..., 3) m, rotation (..., 3, 3)."""
        tool = torch.matmul(self._frames(joints.reshape(-1, self.joints))[-1], self._tool)
        shape = joints.shape[:-1]
        return tool[:, :3, 3].reshape(*shape, 3), tool[:, :3, :3].reshape(*shape, 3, 3)

    def points(self, joints: Tensor, carried: Sequence[Tensor]) -> Tensor:
        """joints: (..., J) rad; carried: for each joint the (P, 3) m in its frame that it moves, P from 0 -> (..., sum of P, 3) m."""
        frames = self._frames(joints.reshape(-1, self.joints))
        placed = [part @ frame[:, :3, :3].mT + frame[:, None, :3, 3] for frame, part in zip(frames, carried) if len(part)]
        return torch.cat(placed, dim=1).reshape(*joints.shape[:-1], -1, 3)

    def _frames(self, joints: Tensor) -> list[Tensor]:
        angles = joints.T.reshape(self.joints, -1, 1, 1)
        local = torch.addcmul(self._constant, angles.sin(), self._sine).addcmul_(angles.cos(), self._cosine)
        first, *others = local.unbind(0)
        frames = [first]
        for transform in others:
            frames.append(torch.bmm(frames[-1], transform))
        return frames


def _coefficients(chain: JointChain) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The matrices of P (C0 + sin C1 + cos C2) for each joint, (J, 4, 4) each."""
    constant, sine, cosine = [], [], []
    for placement, (x, y, z) in zip(chain.placements, chain.axes):
        cross = np.zeros((4, 4))
        cross[:3, :3] = [[0, -z, y], [z, 0, -x], [-y, x, 0]]
        square = cross @ cross
        constant.append(placement @ (np.eye(4) + square))
        sine.append(placement @ cross)
        cosine.append(placement @ -square)
    return np.stack(constant), np.stack(sine), np.stack(cosine)
