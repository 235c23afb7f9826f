"""What the guard decides, without ROS: what goes to the controller, and when it must hold."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wm_core.kinematics.time_parameterisation import stop, stops_along
from wm_core.limits import ArmLimits
from wm_core.protocols import Kinematics
from wm_core.safety import Following, GripperFilter, Rejected, TrajectoryFilter, Verdict, find_outside, split_fingers
from wm_core.types import JointState, MotionState, Trajectory
from wm_ros.command_tracker import CommandTracker
from wm_ros.holding import hold
from wm_ros.moment import Instant

# rad/s, measured: an arm that was told nothing and is faster is moved by somebody else
_STANDING = 0.1


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
    """Judges proposals and watches for silence.

    What the controller is doing is followed on the steady clock: a clock that is set changes no motion. Where time is
    simulated the controller's is too, and that of the stamps counts. Deciding and sending are apart, because a
    trajectory fits the motion under way at one moment only: what was decided for `at` has to go out then, or be
    decided again.
    """

    def __init__(
        self,
        judge: TrajectoryFilter,
        kinematics: Kinematics,
        silence: Silence,
        hand: GripperFilter | None = None,
        simulated_time: bool = False,
    ) -> None:
        """hand: judges the fingers' part of proposals; None where no fingers may be moved."""
        self.counts = GuardCounts()
        self._judge = judge
        self._limits: ArmLimits = judge.limits
        self._kinematics = kinematics
        self._silence = silence
        self._tracker = CommandTracker()
        self._hand = hand
        self._simulated = simulated_time
        self._measured: JointState | None = None
        self._fingers: JointState | None = None
        self._measured_at = float("-inf")
        self._accepted_at = float("-inf")
        self._holding = False

    @property
    def measured(self) -> JointState | None:
        """The newest joint state."""
        return self._measured

    def measure(self, state: JointState, now: Instant, fingers: JointState | None = None) -> None:
        """Takes a joint state, and that of the fingers where they are in it."""
        self._measured, self._measured_at, self._fingers = state, now.steady, fingers
        self._tracker.see(self._time(now), state)

    def warm_up(self, home: np.ndarray) -> None:
        """Judges and stops once for nothing, at `home` (J,): the first time takes 50 times as long as any other."""
        resting = MotionState.at_rest(home)
        trajectory = stop(resting, self._limits)
        self._judge.check(trajectory, 0.0, 0.0, JointState(home, resting.velocity, 0.0), Following(trajectory, resting, 0.0))
        for _ in stops_along(lambda times: np.tile(home, (len(times), 1)), resting, self._limits):
            pass  # made, for what they are made with is kept
        find_outside(trajectory, resting, self._limits, self._kinematics)

    def judge(self, proposal: Trajectory, stamp: float | None, at: Instant) -> Verdict:
        """Whether the proposal may go out at the moment `at`; changes nothing. stamp: None for one that bears none."""
        if self._measured is None:
            return Verdict("rejected", "no joint state has been received yet", None)
        if self.state_age(at.steady) > self._silence.state:
            return Verdict("rejected", f"joint_states stopped {self.state_age(at.steady):.2f} s ago", None)
        following = self._tracker.following
        if following is None:
            joint = int(np.argmax(np.abs(self._measured.velocity)))
            if abs(self._measured.velocity[joint]) > _STANDING:
                return Verdict("rejected", self._moved_by_others(joint), None)
        else:  # on the clock of the stamps, as all that is judged
            following = replace(following, since=at.stamp - (self._time(at) - following.since))
        begin = at.stamp if stamp is None else stamp
        arm, fingers = (proposal, None) if self._hand is None else split_fingers(proposal, self._hand.gripper.names)
        verdict = self._judge.check(arm, begin, at.stamp, self._measured, following)
        return verdict if fingers is None else self._with_fingers(verdict, fingers, begin, at.stamp)

    def sent(self, verdict: Verdict, at: Instant) -> None:
        """What the verdict carries went out at `at`."""
        if verdict.kind == "clipped":
            self.counts.clipped += 1
            self.counts.last_reason = verdict.reason
        else:
            self.counts.accepted += 1
        self._accepted_at, self._holding = at.steady, False
        self._follow(verdict.trajectory, at)
        if verdict.fingers is not None:
            self.counts.published_outside_limits += self._fingers_outside(verdict.fingers)

    def reject(self, reason: str) -> None:
        """Counts a proposal that does not go out."""
        self.counts.rejected += 1
        self.counts.last_reason = reason

    def silence(self, now: Instant) -> str | None:
        """The reason to hold: an input fell silent while the arm moves. Call it often."""
        if self._holding or not self.moving(now):
            return None
        if now.steady - self._accepted_at > self._silence.proposal:
            return f"no acceptable proposal for {self._silence.proposal:.2f} s while the arm moves"
        if self.state_age(now.steady) > self._silence.state:
            return f"joint_states stopped for {self._silence.state:.2f} s while the arm moves"
        return None

    def rest(self, at: Instant) -> Trajectory | None:
        """The stop that could go out at `at`; None for an arm that is at rest or being stopped already."""
        state = self._tracker.state(self._time(at), self._measured)
        if state is None or self._holding or not self.moving(at):
            return None
        return hold(state, self._time(at), self._tracker.following, self._judge)

    def held(self, trajectory: Trajectory, reason: str, at: Instant) -> None:
        """The stop went out at `at`."""
        self._holding = True
        self.counts.holds += 1
        self.counts.last_reason = reason
        self._follow(trajectory, at)

    def state_age(self, steady: float) -> float:
        """s since the last joint state."""
        return steady - self._measured_at

    def moving(self, now: Instant) -> bool:
        """Whether the last command is still being executed."""
        return self._tracker.moving(self._time(now))

    def _time(self, now: Instant) -> float:
        return now.stamp if self._simulated else now.steady

    def _moved_by_others(self, joint: int) -> str:
        return (
            f"joint '{self._limits.names[joint]}' moves at {self._measured.velocity[joint]:.2f} rad/s, and not by a command "
            f"of this guard: expected an arm at rest, at most {_STANDING} rad/s"
        )

    def _with_fingers(self, verdict: Verdict, fingers: Trajectory, begin: float, at: float) -> Verdict:
        # They are told nothing without the arm: what is rejected for one is rejected for both.
        if verdict.trajectory is None:
            return verdict
        try:
            return replace(verdict, fingers=self._hand.check(fingers, begin, at, self._fingers))
        except Rejected as rejection:
            return Verdict("rejected", str(rejection), None)

    def _fingers_outside(self, fingers: Trajectory) -> int:
        gripper = self._hand.gripper
        inside = (fingers.positions > gripper.lower - 1e-5) & (fingers.positions < gripper.upper + 1e-5)
        return int((~inside.all(axis=1)).sum())

    def _follow(self, trajectory: Trajectory, at: Instant) -> None:
        # Counted by code that shares nothing with the filter that let it pass.
        following = self._tracker.command(trajectory, self._time(at), self._measured)
        if following is not None:
            outside = len(find_outside(trajectory, following.start, self._limits, self._kinematics))
            self.counts.published_outside_limits += outside
