"""What the guard decides, without ROS: what goes to the controller, and when it must hold."""

from __future__ import annotations

from dataclasses import dataclass

from wm_core.kinematics.time_parameterisation import stop
from wm_core.limits import ArmLimits
from wm_core.protocols import Kinematics
from wm_core.safety import TrajectoryFilter, Verdict, count_outside
from wm_core.types import JointState, Trajectory
from wm_ros.command_tracker import CommandTracker


@dataclass
class GuardCounts:
    """Since the start of the guard."""

    accepted: int = 0
    clipped: int = 0
    rejected: int = 0
    holds: int = 0
    published_outside_limits: int = 0
    last_reason: str = ""


@dataclass(frozen=True)
class Silence:
    """How long (s, steady clock) proposals and joint states may stay away while the arm moves."""

    proposal: float
    state: float


class Guard:
    """Judges proposals and watches for silence. `now` is on the clock of the stamps, `steady` never jumps; both s."""

    def __init__(self, judge: TrajectoryFilter, kinematics: Kinematics, silence: Silence) -> None:
        self.counts = GuardCounts()
        self._judge = judge
        self._limits: ArmLimits = judge.limits
        self._kinematics = kinematics
        self._silence = silence
        self._tracker = CommandTracker()
        self._measured: JointState | None = None
        self._measured_at = float("-inf")
        self._accepted_at = float("-inf")
        self._holding = False

    @property
    def measured(self) -> JointState | None:
        """The newest joint state."""
        return self._measured

    def measure(self, state: JointState, steady: float) -> None:
        """Takes a joint state."""
        self._measured, self._measured_at = state, steady

    def propose(self, proposal: Trajectory, stamp: float | None, now: float, steady: float) -> Verdict:
        """Judges a proposal; what the verdict carries is to be published at once."""
        if self._measured is None:
            return self.reject("no joint state has been received yet")
        if self.state_age(steady) > self._silence.state:
            return self.reject(f"joint_states stopped {self.state_age(steady):.2f} s ago")
        following = self._tracker.following if self._tracker.state(now, self._measured) else None
        verdict = self._judge.check(proposal, now if stamp is None else stamp, now, self._measured, following)
        if verdict.trajectory is None:
            return self.reject(verdict.reason)
        if verdict.kind == "clipped":
            self.counts.clipped += 1
            self.counts.last_reason = verdict.reason
        else:
            self.counts.accepted += 1
        self._accepted_at, self._holding = steady, False
        self._send(verdict.trajectory, now)
        return verdict

    def reject(self, reason: str) -> Verdict:
        """Counts a proposal that does not go out."""
        self.counts.rejected += 1
        self.counts.last_reason = reason
        return Verdict("rejected", reason, None)

    def watch(self, now: float, steady: float) -> tuple[Trajectory, str] | None:
        """What to publish because an input fell silent while the arm moves, and why; call it often."""
        if steady - self._accepted_at > self._silence.proposal:
            return self.hold(f"no acceptable proposal for {self._silence.proposal:.2f} s while the arm moves", now)
        if self.state_age(steady) > self._silence.state:
            return self.hold(f"joint_states stopped for {self._silence.state:.2f} s while the arm moves", now)
        return None

    def hold(self, reason: str, now: float) -> tuple[Trajectory, str] | None:
        """Brings the arm to rest if it moves and is not being stopped already."""
        state = self._tracker.state(now, self._measured)
        if state is None or self._holding or not self._tracker.moving(now):
            return None
        trajectory = stop(state, self._limits)
        self._holding = True
        self.counts.holds += 1
        self.counts.last_reason = reason
        self._send(trajectory, now)
        return trajectory, reason

    def state_age(self, steady: float) -> float:
        """s since the last joint state."""
        return steady - self._measured_at

    def moving(self, now: float) -> bool:
        """Whether the last command is still being executed."""
        return self._tracker.moving(now)

    def _send(self, trajectory: Trajectory, now: float) -> None:
        # Counted by code that shares nothing with the filter that let it pass.
        following = self._tracker.command(trajectory, now, self._measured)
        if following is not None:
            outside = count_outside(trajectory, following.start, self._limits, self._kinematics)
            self.counts.published_outside_limits += outside
