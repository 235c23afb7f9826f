"""Judges what a proposal wants of the fingers: they travel with the arm's motion and are told nothing without it."""

from __future__ import annotations

import numpy as np

from wm_core.config import SafetyConfig
from wm_core.gripper import Gripper
from wm_core.safety.form import check_measured, ordered
from wm_core.safety.trajectory_filter import SHORTEST
from wm_core.safety.verdict import Rejected
from wm_core.types import JointState, Trajectory

SLACK = 0.15  # of a joint's way: how far beyond speed * t the first point may lie, for the fingers move meanwhile
ROUNDING = 1e-6


def split_fingers(proposal: Trajectory, fingers: tuple[str, ...]) -> tuple[Trajectory, Trajectory | None]:
    """-> everything else, and the part of these joints; None where the proposal names none of them."""
    mine = np.array([name in fingers for name in proposal.names], dtype=bool)
    if not mine.any():
        return proposal, None
    return _columns(proposal, ~mine), _columns(proposal, mine)


class GripperFilter:
    """Pure, as `TrajectoryFilter` is. Nothing is repaired here: a planner that knows the gripper has no need of it."""

    def __init__(self, gripper: Gripper, config: SafetyConfig = SafetyConfig()) -> None:
        self.gripper, self._config = gripper, config

    def check(self, proposal: Trajectory, stamp: float, now: float, measured: JointState | None) -> Trajectory:
        """proposal: of the finger joints alone; stamp, now: as in `TrajectoryFilter.check`. measured: the fingers.

        -> what goes to their controller: positions alone, so linear in between, timed from `now`. Raises `Rejected`.
        """
        if measured is None:
            raise Rejected("the fingers are not in joint_states, and the proposal moves them")
        check_measured(measured, self.gripper.names, now, self._config.max_state_age)
        wanted = ordered(proposal, self.gripper.names)
        age = now - stamp
        if not abs(age) <= self._config.max_age:  # NaN fails this too
            raise Rejected(f"the proposal is {age:.3f} s old: expected at most {self._config.max_age} s")
        kept = wanted.times - age > SHORTEST
        if not kept.any() or wanted.times[-1] > self._config.horizon:
            raise Rejected(f"the fingers' motion lasts until {wanted.times[-1]:.3f} s: expected what is still ahead")
        times, positions = wanted.times[kept] - age, wanted.positions[kept]
        self._check_positions(positions)
        self._check_speed(times, positions, measured.position)
        return Trajectory(self.gripper.names, times, positions)

    def _check_positions(self, positions: np.ndarray) -> None:
        gripper = self.gripper
        outside = np.maximum(gripper.lower - positions, positions - gripper.upper)
        row, joint = np.unravel_index(np.argmax(outside), outside.shape)
        if outside[row, joint] > ROUNDING:
            raise Rejected(
                f"finger '{gripper.names[joint]}' at {positions[row, joint]:.4f} is outside "
                f"[{gripper.lower[joint]:g}, {gripper.upper[joint]:g}]"
            )

    def _check_speed(self, times: np.ndarray, positions: np.ndarray, begin: np.ndarray) -> None:
        gripper = self.gripper
        reach = gripper.speed * np.diff(times, prepend=0.0)[:, None] * (1.0 + 1e-3) + ROUNDING
        reach[0] += SLACK * (gripper.upper - gripper.lower)
        excess = np.abs(np.diff(positions, axis=0, prepend=begin[None])) - reach
        row, joint = np.unravel_index(np.argmax(excess), excess.shape)
        if excess[row, joint] > 0.0:
            raise Rejected(
                f"finger '{gripper.names[joint]}' would move faster than {gripper.speed[joint]:g} a second "
                f"on its way to {positions[row, joint]:.4f} at {times[row]:.3f} s"
            )


def _columns(trajectory: Trajectory, chosen: np.ndarray) -> Trajectory:
    names = tuple(name for name, mine in zip(trajectory.names, chosen) if mine)
    velocities, accelerations = trajectory.velocities, trajectory.accelerations
    return Trajectory(
        names,
        trajectory.times,
        trajectory.positions[:, chosen],
        None if velocities is None else velocities[:, chosen],
        None if accelerations is None else accelerations[:, chosen],
    )
