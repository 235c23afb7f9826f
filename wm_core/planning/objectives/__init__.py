"""The terms of the cost, one a file."""

from wm_core.planning.objectives.effort import Effort
from wm_core.planning.objectives.goal_joints import GoalJoints
from wm_core.planning.objectives.goal_latent import GoalLatent
from wm_core.planning.objectives.goal_object import GoalObject, ObjectReader
from wm_core.planning.objectives.goal_pose import GoalPose
from wm_core.planning.objectives.gripper_effort import GripperEffort
from wm_core.planning.objectives.joint_limits import JointLimits
from wm_core.planning.objectives.obstacles import Obstacles
from wm_core.planning.objectives.smoothness import Smoothness
from wm_core.planning.objectives.workspace import Workspace

__all__ = [
    "Effort",
    "GoalJoints",
    "GoalLatent",
    "GoalObject",
    "GoalPose",
    "GripperEffort",
    "JointLimits",
    "ObjectReader",
    "Obstacles",
    "Smoothness",
    "Workspace",
]
