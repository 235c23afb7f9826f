"""The terms of the cost, one a file."""

from wm_core.planning.objectives.effort import Effort
from wm_core.planning.objectives.goal_joints import GoalJoints
from wm_core.planning.objectives.goal_latent import GoalLatent
from wm_core.planning.objectives.goal_pose import GoalPose
from wm_core.planning.objectives.joint_limits import JointLimits
from wm_core.planning.objectives.smoothness import Smoothness
from wm_core.planning.objectives.workspace import Workspace

__all__ = ["Effort", "GoalJoints", "GoalLatent", "GoalPose", "JointLimits", "Smoothness", "Workspace"]
