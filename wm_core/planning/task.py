"""One goal made ready for planning: its action space and its cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from wm_core.config import ObjectiveWeights, RobotConfig
from wm_core.limits import ArmLimits
from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.cost_kernel import cost_launch
from wm_core.planning.evaluator import Evaluator
from wm_core.planning.gripper import WithGripper
from wm_core.planning.joint_motion import JointMotion
from wm_core.planning.made_goal import GoalMaker, MadeGoal
from wm_core.planning.motion import MotionSpace
from wm_core.planning.objectives import (
    Effort,
    GoalJoints,
    GoalLatent,
    GoalObject,
    GoalPose,
    GripperEffort,
    JointLimits,
    ObjectReader,
    Obstacles,
    Smoothness,
    Workspace,
)
from wm_core.planning.rotation import rotation_matrix
from wm_core.planning.tool_motion import ToolMotion
from wm_core.protocols import Objective, WorldModel
from wm_core.types import Focus, Goal, Handling

WITH_GRIPPER = 4  # action dimensions: tool displacement and the gripper's command
_MADE = ("object", "pose+object", "joints+object", "pose+joints+object")  # of a picture and a place the two need not agree


@dataclass(frozen=True, eq=False)
class Task:
    """space: what is sampled. kind: names the goal parts and the space; a mean of another kind is not reused.

    encoded: (*goal), what the model makes of the goal's pictures, None without; focus: what that is about.
    tool: tool motion is sampled, not joints. goal_terms: those terms of the cost that tell how far the goal is.
    place: (3,) m, where the object shall be, for a goal that is made anew for every plan: then the task is no use until
    it was given one, `made` (`TaskBuilder.toward`). None where the goal is as it was told.
    """

    goal: Goal
    space: MotionSpace
    evaluator: Evaluator
    kind: str
    encoded: Tensor | None
    focus: Focus
    tool: bool
    goal_terms: tuple[Objective, ...]
    place: Tensor | None = None
    made: MadeGoal | None = None

    @property
    def needs_latents(self) -> bool:
        """Whether somebody has to look and imagine."""
        return self.place is not None or self.evaluator.needs_latents


@dataclass(frozen=True, eq=False)
class TaskBuilder:
    """Everything but the goal. step: s that one action spans; max_step: m, the longest tool displacement of one.

    obstacles: the term that keeps clear of them, None where there are none. near_enough: m, see `PlannerConfig`.
    """

    robot: RobotConfig
    limits: ArmLimits
    kinematics: BatchedKinematics
    weights: ObjectiveWeights
    world_model: WorldModel | None
    step: float
    max_step: float
    obstacles: Obstacles | None = None
    near_enough: float = 0.0

    def build(self, goal: Goal) -> Task:
        """Encodes the goal image, if there is one. Raises `ValueError` where that needs a model that is missing."""
        encoded = self._encode(goal)
        place = self._place(goal, encoded)
        if place is not None:
            encoded = None
        goal_terms = self._goal_terms(goal, encoded, place)
        terms = self._regular_terms() + goal_terms
        space = JointMotion(self.kinematics, self.limits, self.step) if goal.joints is not None else self.tool_motion(goal)
        tool = isinstance(space, ToolMotion)
        # Only what is imagined can tell a good use of the gripper: a goal of pose or joints leaves it alone.
        imagined = place is not None or any(term.needs_latents for term in terms)
        if imagined and self.world_model.action_dim == WITH_GRIPPER:
            space = WithGripper(space)
            terms.append(GripperEffort(self.weights.gripper))
        evaluator = Evaluator(terms, self.world_model, cost_launch(self.kinematics.device, self.kinematics.joints))
        kind = f"{goal.kind}/{type(space).__name__}"
        return Task(goal, space, evaluator, kind, encoded, goal.focus, tool, tuple(goal_terms), place)

    def toward(self, task: Task, made: MadeGoal) -> Task:
        """`task` with the goal that was made for this plan."""
        aim = GoalLatent(self.weights.goal_latent, self.world_model, made.encoded, made.focus, self.near_enough)
        more = [] if made.tool is None else [GoalPose(self.weights.lift_tool, made.tool)]
        evaluator = Evaluator([*task.evaluator.objectives, aim, *more], self.world_model, task.evaluator.launch)
        terms, kind = (*task.goal_terms, aim), f"{task.kind}/{made.phase}"
        return replace(
            task, evaluator=evaluator, kind=kind, encoded=made.encoded, focus=made.focus, goal_terms=terms, made=made
        )

    def tool_motion(self, goal: Goal) -> ToolMotion:
        """Tool motion of this arm, turned as the goal wants it, else as the robot holds its tool."""
        turned = goal.pose.orientation if goal.pose is not None else None
        orientation = np.array(self.robot.tool_orientation) if turned is None else turned
        home = np.array(self.robot.home)
        return ToolMotion(self.kinematics, self.limits, home, orientation, self.max_step, self.step)

    def _encode(self, goal: Goal) -> Tensor | None:
        if goal.image is None:
            return None
        if self.world_model is None:
            raise ValueError("the goal has an image, and there is no world model to compare images with")
        return self.world_model.encode_goal(goal.image, *goal.other_views)

    def _place(self, goal: Goal, encoded: Tensor | None) -> Tensor | None:
        """See `Task`. Raises `ValueError` where the object is to be lifted and the model cannot be told how."""
        model = self.world_model
        makes = isinstance(model, GoalMaker) and model.makes_goals
        if goal.handling is Handling.LIFT:
            if not makes or model.action_dim != WITH_GRIPPER or self.robot.gripper is None:
                raise ValueError("the object is to be lifted: expected a world model of objects and a gripper, and a robot with one")
            return model.object_in(encoded) if encoded is not None else self._tensor(goal.object_position)
        return self._tensor(goal.object_position) if makes and goal.kind in _MADE else None

    def _goal_terms(self, goal: Goal, encoded: Tensor | None, place: Tensor | None) -> list[Objective]:
        terms: list[Objective] = []
        if encoded is not None:
            terms.append(GoalLatent(self.weights.goal_latent, self.world_model, encoded, goal.focus, self.near_enough))
        if goal.object_position is not None and place is None:
            if not isinstance(self.world_model, ObjectReader):
                raise ValueError("the goal has an object position, and there is no world model that can read one")
            terms.append(GoalObject(self.weights.goal_object, self.world_model, self._tensor(goal.object_position)))
        if goal.pose is not None:
            turned = goal.pose.orientation
            rotation = None if turned is None else self._tensor(rotation_matrix(turned))
            terms.append(GoalPose(self.weights.goal_pose, self._tensor(goal.pose.position), rotation))
        if goal.joints is not None:
            terms.append(GoalJoints(self.weights.goal_joints, self._tensor(goal.joints)))
        return terms

    def _regular_terms(self) -> list[Objective]:
        weights, limits = self.weights, self.limits
        largest = self._tensor(limits.velocity * self.step)
        terms: list[Objective] = [
            Effort(weights.effort, largest),
            Smoothness(weights.smoothness, largest),
            JointLimits(weights.joint_limits, self._tensor(limits.lower), self._tensor(limits.upper)),
            Workspace(weights.workspace, self._tensor(limits.workspace_lower), self._tensor(limits.workspace_upper)),
        ]
        return terms if self.obstacles is None else [*terms, self.obstacles]

    def _tensor(self, values: np.ndarray) -> Tensor:
        return self.kinematics.tensor(values)
