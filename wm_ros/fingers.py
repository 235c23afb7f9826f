"""What the planner wants of the gripper, and how that travels with a proposal for the arm."""

from __future__ import annotations

import numpy as np

from wm_core.gripper import Gripper
from wm_core.types import JointState, Trajectory

_TOLD = 1e-4  # of a finger joint's way: less is rounding


class Fingers:
    """Remembers a command until the controller has been told it: a plan says it once, and a proposal may be refused."""

    def __init__(self, gripper: Gripper) -> None:
        self._gripper = gripper
        self._wanted = 0

    def want(self, command: int) -> None:
        """-1 close, 0 as it is, +1 open."""
        self._wanted = command or self._wanted

    def join(self, trajectory: Trajectory, measured: JointState | None, told: np.ndarray | None) -> Trajectory:
        """The arm's trajectory, with the fingers' joints behind the arm's while they still have to be told something.

        measured: the fingers, None where they are not. told: (F,), where the controller was last told to bring them.
        Their way is at constant speed from where they are, as far as it gets in the time of the arm's trajectory.
        """
        if self._wanted == 0 or measured is None:
            return trajectory
        gripper, times = self._gripper, trajectory.times
        if told is not None and np.abs((told - gripper.target(self._wanted)) / (gripper.open - gripper.closed)).max() < _TOLD:
            return trajectory
        way = gripper.way(measured.position, self._wanted, times)
        speed = np.diff(way, axis=0, prepend=measured.position[None]) / np.diff(times, prepend=0.0)[:, None]
        speed[-1] = 0.0  # every trajectory ends at rest
        return Trajectory(
            trajectory.names + gripper.names,
            times,
            np.hstack([trajectory.positions, way]),
            np.hstack([trajectory.velocities, speed]),
            np.hstack([trajectory.accelerations, np.zeros_like(way)]),
        )
