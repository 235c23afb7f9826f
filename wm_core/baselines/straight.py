"""Control: what needs no model at all once the goal is told in coordinates."""

from __future__ import annotations

from wm_core.baselines.mover import Mover
from wm_core.evaluation.policy import Policy
from wm_core.types import Command, Goal, Observation


class StraightPolicy(Policy):
    """Moves the tool in a straight line to the goal pose, or to where the object shall be, as fast as a step allows.

    For an object this is no pushing strategy: it shows how often an arm that heads for the goal spot takes the
    object along by chance. It needs a goal told as 'pose' or 'object'; from a picture it would need a model.
    """

    name = "straight"

    def __init__(self, mover: Mover) -> None:
        self._mover = mover

    def start(self, seed: int) -> None:
        """Nothing is remembered."""

    def pursue(self, goal: Goal) -> None:
        """Raises `ValueError` for a goal without coordinates."""
        target = goal.pose.position if goal.pose is not None else goal.object_position
        if target is None:
            raise ValueError(f"policy 'straight' needs a goal told as pose or object, not as {goal.kind}")
        self._target = target

    def act(self, observation: Observation) -> Command:
        """The gripper stays as it is."""
        joints = observation.joints.position
        return Command(self._mover.step(joints, self._target - self._mover.tool(joints)))
