"""What the filter is told and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wm_core.types import MotionState, Trajectory


@dataclass(frozen=True, eq=False)
class Following:
    """What the controller follows: a trajectory, the state it was joined from, and when (s, the guard's clock)."""

    trajectory: Trajectory
    start: MotionState
    since: float


@dataclass(frozen=True, eq=False)
class Verdict:
    """accepted: `trajectory` goes out; clipped: it goes out repaired, `reason` says how; rejected: nothing goes out.

    `trajectory` has the joints in the arm's order and its times count from the `now` of the check (plus the configured
    latency): send it with stamp 0. fingers: what goes to the gripper's controller along with it, None for nothing.
    """

    kind: Literal["accepted", "clipped", "rejected"]
    reason: str
    trajectory: Trajectory | None
    fingers: Trajectory | None = None


class Rejected(ValueError):
    """Raised within the filter; its text becomes the reason."""
