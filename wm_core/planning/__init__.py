"""Choosing among imagined futures. Receives a world model and kinematics; knows neither's implementation."""

from wm_core.planning.goals import GoalError, validate_goal
from wm_core.planning.mpc import MpcPlanner
from wm_core.planning.search import PlanningError

__all__ = ["GoalError", "MpcPlanner", "PlanningError", "validate_goal"]
