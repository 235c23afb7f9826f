"""Actions that move the joints."""

from __future__ import annotations

import torch
from torch import Tensor

from wm_core.limits import ArmLimits
from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.bounds import JointBounds
from wm_core.planning.box import Box, Moved, WorkspaceKeeper
from wm_core.planning.motion import as_candidates, between, limited, paced, standing
from wm_core.protocols import Candidates
from wm_core.types import Goal


class JointMotion:
    """A = J: joint displacement of each step as a share of what the velocity limits allow; for joint goals.

    A step that would leave the workspace box is bent back to its side, by damped differential inverse kinematics.
    """

    damping = 1e-4  # m^2, as of `ToolMotion`
    bends = 2  # the first is off by centimetres where a step is long

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
        box = self._keeper.allowed(begin)
        joints, change, paths, changes = begin.joints, begin.change, [], []
        for step in wanted.unbind(1):
            after = self._bounds.advance(joints, change, step)
            joints, change = after, after - joints
            paths.append(joints)
            changes.append(change)
        path = torch.stack(paths, 1)
        position, rotation = self._kinematics.forward(path)
        # All steps at once is many times faster, and hardly any path to a goal in the box leaves it.
        if self._keeper.leaving(box, path, torch.stack(changes, 1), position).any():
            return as_candidates(actions, start, begin, self._bent(wanted, begin, box), wanted, of_joints=True)
        made = between(begin.tool.position.expand(len(actions), 3), position)
        turned = between(begin.joints.expand(len(actions), -1), path)
        return Candidates(actions, path, made, position, rotation, start, limited=limited(wanted, turned))

    def straight(self, start: Tensor, goal: Goal, horizon: int) -> Tensor | None:
        """See `MotionSpace`; needs joints in the goal."""
        if goal.joints is None:
            return None
        way = (self._kinematics.tensor(goal.joints) - start) / self._bounds.largest
        return paced(way, way.abs().max(), horizon)

    def _bent(self, wanted: Tensor, begin: Moved, box: Box) -> list[Moved]:
        """wanted: (S, H, J) rad -> the steps, one after the other."""
        at, steps = begin, []
        for change in wanted.unbind(1):
            joints = self._bounds.advance(at.joints, at.change, change)
            tool = self._kinematics.tool(joints)
            for _ in range(self.bends):
                jacobian = tool.jacobian[:, :3]
                back = (box.nearest(tool.position) - tool.position)[..., None]
                bend = jacobian.mT @ torch.linalg.solve(jacobian @ jacobian.mT + self._damping, back)
                joints = self._bounds.advance(at.joints, at.change, joints - at.joints + bend.squeeze(-1))
                tool = self._kinematics.tool(joints)
            at = self._keeper.keep(box, at, Moved(joints, joints - at.joints, tool))
            steps.append(at)
        return steps
