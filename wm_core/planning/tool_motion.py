"""Actions that move the tool."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from wm_core.cuda import Launch
from wm_core.limits import ArmLimits
from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.bounds import LIMIT_MARGIN, ROUNDING, JointBounds
from wm_core.planning.box import Box, Moved, WorkspaceKeeper
from wm_core.planning.mending import mend
from wm_core.planning.motion import NOT_AS_DRAWN, as_candidates, paced, standing
from wm_core.planning.rotation import Turning, limit_norm, rotation_matrix
from wm_core.planning.tool_kernel import ToolKernel, tool_launch
from wm_core.protocols import Candidates
from wm_core.types import Goal


class ToolMotion:
    """A = 3: tool displacement of each step, no longer than `max_step`, by damped differential inverse kinematics.

    The tool turns toward one orientation meanwhile, at most `max_turn` rad a step, and what freedom remains
    pulls the arm to its home posture. Where place and turn together would take a joint beyond its limit, place comes
    first: an arm that was stretched out until its elbow stands at a limit would else never come back. The tool stays in
    the workspace box; where the arm cannot follow (limits, singularity) the displacements reported are those it makes,
    not those that were asked for.
    """

    dimension = 3
    max_turn = 0.3
    posture_gain = 0.1  # of the way home in a step, in the null space
    damping = 1e-4  # m^2, squared: singular values well above 0.01 pass undamped
    beyond = 1e-3  # rad beyond a limit that are more than rounding
    leaning = 0.1  # of the pull home, where the turn is left out: with all of it the hand would wag to and fro

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
        self._keeper = WorkspaceKeeper(kinematics, self._bounds, limits)
        self._homeward = kinematics.tensor(self.posture_gain * np.asarray(home))
        self._turning = Turning(kinematics.tensor(rotation_matrix(orientation)))
        self._box = (
            kinematics.tensor(limits.workspace_lower + LIMIT_MARGIN),
            kinematics.tensor(limits.workspace_upper - LIMIT_MARGIN),
        )
        self._reach = self._bounds.lower - self.beyond, self._bounds.upper + self.beyond
        self._max_step = max_step
        self._step = step
        self._damping = self.damping * torch.eye(6, device=kinematics.device)
        launch = tool_launch(kinematics.device, kinematics.joints)
        self._kernel = None if launch is None else self.by(launch)

    def candidates(self, actions: Tensor, start: Tensor, velocity: Tensor | None = None) -> Candidates:
        """See `MotionSpace`. By a kernel where there is one, but where a gradient is wanted."""
        if self._kernel is not None and not actions.requires_grad:
            return self._kernel.candidates(actions, start, velocity)
        wanted = limit_norm(actions, 1.0) * self._max_step
        begin = standing(self._kinematics, start, velocity, self._step)
        at, steps = begin.expand(len(actions)), []
        for displacement in wanted.unbind(1):
            at = self._moved(at, self._bounds.advance(at.joints, at.change, self._change(at, displacement)))
            steps.append(at)
        found = as_candidates(actions, start, begin, steps, wanted)
        return mend(found, begin, wanted, self._kinematics, self._keeper, self._careful)

    @property
    def waits(self) -> bool:
        """See `MotionSpace`."""
        return self._kernel is None

    @property
    def told(self) -> tuple[Tensor, ...]:
        """See `MotionSpace`."""
        return self._turning.told

    def straight(self, start: Tensor, goal: Goal, horizon: int) -> Tensor | None:
        """See `MotionSpace`; needs a pose in the goal."""
        if goal.pose is None:
            return None
        position, _ = self._kinematics.forward(start)
        way = (self._kinematics.tensor(goal.pose.position) - position) / self._max_step
        return paced(way, way.norm(), horizon)

    def by(self, launch: Launch) -> ToolKernel:
        """The same motion, computed by a kernel."""
        bounds, keeper, tensor = self._bounds, self._keeper, self._kinematics.tensor
        servo = [self._max_step, self.max_turn, self.posture_gain, self.damping, self._step, self.beyond, self.leaning]
        numbers = tensor([*servo, NOT_AS_DRAWN, ROUNDING, bounds.braking_steps])
        joints = [self._kinematics.links().flatten(), bounds.lower, bounds.upper, bounds.largest, bounds.swing, self._homeward]
        arm = torch.cat([*joints, *self._box, keeper.lower, keeper.upper, numbers])
        return ToolKernel(launch, arm, self._turning.target)

    def _careful(self, at: Moved, displacement: Tensor, box: Box) -> Moved:
        return self._moved(at, self._bounds.advance_carefully(at.joints, at.change, self._change(at, displacement)))

    def _moved(self, at: Moved, joints: Tensor) -> Moved:
        return Moved(joints, joints - at.joints, self._kinematics.tool(joints))

    def _change(self, at: Moved, displacement: Tensor) -> Tensor:
        """displacement: (S, 3) m -> (S, J) rad. Of as few operations as possible: it is the inner loop of every plan."""
        tool = at.tool
        place = tool.position
        inside = limit_norm(torch.clamp(place + displacement, *self._box) - place, self._max_step)
        twist = torch.cat([inside, self._turning.left(tool.frame, self.max_turn)], dim=-1)[..., None]  # (S, 6, 1)
        posture = torch.add(self._homeward, at.joints, alpha=-self.posture_gain)[..., None]  # (S, J, 1)
        change = self._solved(tool.columns, twist, posture)
        joints = at.joints + change
        within = torch.clamp(joints, *self._reach)
        if torch.equal(joints, within):  # as nearly always
            return change
        place_alone = self._solved(tool.columns[..., :3], twist[:, :3], self.leaning * posture)
        return torch.where((joints != within).any(-1, keepdim=True), place_alone, change)

    def _solved(self, columns: Tensor, twist: Tensor, posture: Tensor) -> Tensor:
        """columns: (S, J, R), twist: (S, R, 1), posture: (S, J, 1) rad -> (S, J) rad

        dq = n + J^T (J J^T + lambda I)^-1 (twist - J n): least squares with the posture in the null space.
        """
        jacobian, size = columns.mT, columns.shape[-1]
        remaining = torch.baddbmm(twist, jacobian, posture, alpha=-1.0)
        square = torch.baddbmm(self._damping[:size, :size], jacobian, columns)
        solved, _ = torch.linalg.solve_ex(square, remaining)  # damped, so that it has a solution
        return torch.baddbmm(posture, columns, solved).squeeze(-1)
