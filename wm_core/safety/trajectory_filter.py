"""Judges one proposed trajectory against the arm's hard limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wm_core.config import SafetyConfig
from wm_core.limits import ArmLimits
from wm_core.protocols import Kinematics
from wm_core.types import JointState, MotionState, Trajectory


@dataclass(frozen=True, eq=False)
class Following:
    """What the controller follows: a trajectory, the state it was joined from, and when (s, the guard's clock)."""

    trajectory: Trajectory
    start: MotionState
    since: float


@dataclass(frozen=True, eq=False)
class Verdict:
    """accepted: `trajectory` goes out; clipped: it goes out repaired, `reason` says how; rejected: nothing goes out.

    `trajectory` has the joints in the arm's order and its times count from the `now` of the check: send it with stamp 0.
    """

    kind: Literal["accepted", "clipped", "rejected"]
    reason: str
    trajectory: Trajectory | None


class TrajectoryFilter:
    """Pure: what it answers depends on its arguments alone, it remembers nothing between checks."""

    def __init__(self, limits: ArmLimits, kinematics: Kinematics, config: SafetyConfig = SafetyConfig()) -> None:
        self.limits = limits
        self._kinematics = kinematics
        self._config = config

    def check(
        self,
        proposal: Trajectory,
        stamp: float,
        now: float,
        measured: JointState,
        following: Following | None = None,
    ) -> Verdict:
        """stamp: the moment (s) that the proposal's times count from; `now` where it bears none.

        measured: the newest joint state, stamped on the same clock as `now`. following: what the controller is
        commanding, None where it is not known (then it is taken to hold the measured position).
        """
        raise NotImplementedError


def count_outside(
    trajectory: Trajectory, start: MotionState, limits: ArmLimits, kinematics: Kinematics | None = None
) -> int:
    """How many points of the trajectory, or of the motion between them, break a limit. For benchmarks.

    start: the state that it is joined from. kinematics: None leaves the workspace box out.
    """
    raise NotImplementedError
