"""Actions that move the joints."""

from __future__ import annotations

import torch
from torch import Tensor

from wm_core.limits import ArmLimits
from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.bounds import JointBounds
from wm_core.planning.box import Box, Moved, WorkspaceKeeper
from wm_core.planning.mending import mend
from wm_core.planning.motion import between, limited, paced, standing
from wm_core.protocols import Candidates
from wm_core.types import Goal


class JointMotion:
    """A = J: joint displacement of each step as a share of what the velocity limits allow; for joint goals.

    A step that would leave the workspace box is bent back to its side, by damped differential inverse kinematics.
    """

    damping = 1e-4  # m^2, as of `ToolMotion`
    bends = 2  # the first is off by centimetres where a step is long
    waits, told = True, ()

    def __init__(self, kinematics: BatchedKinematics, limits: ArmLimits, step: float) -> None:
        """step: s."""
        self.dimension = kinematics.joints
        self._kinematics = kinematics
        self._bounds = JointBounds(limits, step, kinematics)
        self._keeper = WorkspaceKeeper(kinematics, self._bounds, limits)
        self._step = step
        self._damping = self.damping * torch.eye(3, device=kinematics.device)

    def candidates(self, actions: Tensor, start: Tensor, velocity: Tensor | None = None) -> Candidates:
        """See `MotionSpace`."""
        wanted = actions.clamp(-1.0, 1.0) * self._bounds.largest
        begin = standing(self._kinematics, start, velocity, self._step)
        joints, change, paths = begin.joints, begin.change, []
        for step in wanted.unbind(1):
            after = self._bounds.advance(joints, change, step)
            joints, change = after, after - joints
            paths.append(joints)
        path = torch.stack(paths, 1)
        position, rotation = self._kinematics.forward(path)
        made = between(begin.tool.position.expand(len(actions), 3), position)
        turned = between(begin.joints.expand(len(actions), -1), path)
        found = Candidates(actions, path, made, position, rotation, start, limited=limited(wanted, turned))
        return mend(found, begin, wanted, self._kinematics, self._keeper, self._careful)

    def straight(self, start: Tensor, goal: Goal, horizon: int) -> Tensor | None:
        """See `MotionSpace`; needs joints in the goal."""
        if goal.joints is None:
            return None
        way = (self._kinematics.tensor(goal.joints) - start) / self._bounds.largest
        return paced(way, way.abs().max(), horizon)

    def _careful(self, at: Moved, change: Tensor, box: Box) -> Moved:
        joints = self._bounds.advance_carefully(at.joints, at.change, change)
        tool = self._kinematics.tool(joints)
        for _ in range(self.bends):
            if not box.leaves(tool.position).any():
                break
            jacobian = tool.jacobian[:, :3]
            back = (box.nearest(tool.position) - tool.position)[..., None]
            bend = jacobian.mT @ torch.linalg.solve(jacobian @ jacobian.mT + self._damping, back)
            joints = self._bounds.advance_carefully(at.joints, at.change, joints - at.joints + bend.squeeze(-1))
            tool = self._kinematics.tool(joints)
        return Moved(joints, joints - at.joints, tool)
