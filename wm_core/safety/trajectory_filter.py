"""Judges one proposed trajectory against the arm's hard limits and, where there are any, declared obstacles."""

from __future__ import annotations

import numpy as np

from wm_core.config import SafetyConfig
from wm_core.interpolation import path_of, sample, sample_densely
from wm_core.limits import ArmLimits
from wm_core.protocols import Kinematics
from wm_core.safety.bounds import Violation, derivative_violation, position_violation
from wm_core.safety.clearance import Clearance
from wm_core.safety.form import check_measured, ordered
from wm_core.safety.verdict import Following, Rejected, Verdict
from wm_core.safety.workspace import ToolBox
from wm_core.types import JointState, MotionState, Trajectory

LOOKS = 51  # at every segment: then a cubic acceleration cannot peak unseen by more than bounds.BETWEEN leaves
REPAIRS = 6
LATEST_JOIN = 0.25  # s: how far ahead the motion under way may be joined
SHORTEST = 1e-3  # s, of a segment that is still worth driving
ROOT = {"velocity": 1.0, "acceleration": 2.0, "jerk": 3.0}  # stretching time by s divides them by s to this power


class TrajectoryFilter:
    """Pure: what it answers depends on its arguments alone, it remembers nothing between checks."""

    def __init__(
        self,
        limits: ArmLimits,
        kinematics: Kinematics,
        config: SafetyConfig = SafetyConfig(),
        clearance: Clearance | None = None,
    ) -> None:
        """clearance: None where no obstacles are declared."""
        self.limits = limits
        self._clearance = clearance
        self._box = ToolBox(limits, kinematics)
        self._config = config

    @property
    def obstacles(self) -> tuple[str, ...]:
        """Names of those that it keeps the body clear of."""
        return () if self._clearance is None else tuple(box.name for box in self._clearance.obstacles)

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

        The proposal keeps its place in time: points that are past or about to be are dropped, and the motion that
        the controller will make, from what it commands now through every remaining point, is what is judged.
        """
        try:
            check_measured(measured, self.limits.names, now, self._config.max_state_age)
            wanted = self._anchored(ordered(proposal, self.limits.names), stamp, now)
            self._check_reachable(wanted, measured)
            # A controller that joins late is ahead of what is expected; one that joined the last motion late is behind it.
            moments = (now, now + self._config.jitter, now - self._config.jitter)
            return self._repaired(wanted, [self._start(measured, following, moment) for moment in moments])
        except Rejected as rejection:
            return Verdict("rejected", str(rejection), None)

    def violation(self, trajectory: Trajectory, start: MotionState) -> Violation | None:
        """Where the motion from `start` through the trajectory breaks a limit, the workspace box or a clearance."""
        return self._beyond(trajectory, start) or self._too_near(trajectory, start)

    def _anchored(self, proposal: Trajectory, stamp: float, now: float) -> Trajectory:
        """The proposal with times counted from when the controller takes over, without the points that are past."""
        age = now - stamp
        if not abs(age) <= self._config.max_age:  # NaN fails this too
            raise Rejected(f"the proposal is {age:.3f} s old: expected at most {self._config.max_age} s")
        if proposal.times[-1] > self._config.horizon:
            raise Rejected(f"the proposal lasts {proposal.times[-1]:.3f} s: expected at most {self._config.horizon} s")
        passed = age + self._config.latency
        times = proposal.times - passed
        if times[-1] <= SHORTEST:
            raise Rejected(f"the proposal is wholly past: it ends {times[-1]:.3f} s from now")
        return proposal.part((times >= min(self._config.lead, times[-1])) & (times > SHORTEST), passed)

    def _start(self, measured: JointState, following: Following | None, now: float) -> MotionState:
        if following is None:
            return MotionState.at_rest(measured.position)
        return sample(following.trajectory, following.start, now + self._config.latency - following.since)

    def _check_reachable(self, wanted: Trajectory, measured: JointState) -> None:
        away = np.abs(wanted.positions[0] - measured.position)
        reach = self.limits.velocity * wanted.times[0] + self._config.start_tolerance
        joint = int(np.argmax(away - reach))
        if away[joint] > reach[joint]:
            raise Rejected(
                f"joint '{self.limits.names[joint]}': the first point, {wanted.positions[0, joint]:.3f} rad at "
                f"{wanted.times[0]:.3f} s, is {away[joint]:.3f} rad from the measured position; "
                f"expected at most {reach[joint]:.3f} rad"
            )

    def _repaired(self, wanted: Trajectory, starts: list[MotionState]) -> Verdict:
        """starts: what the controller may be commanding when it joins: as expected, farther on and less far.

        Tiny excesses are repaired, and what comes of it is judged again. Raises `Rejected`."""
        proposed, notes = wanted, []
        for _ in range(REPAIRS):
            # Behind its first point the motion is the same wherever it is joined from.
            ways = [proposed] + [proposed.part(slice(1))] * (len(starts) - 1)
            violation = next(filter(None, map(self._beyond, ways, starts)), None)
            violation = violation or next(filter(None, map(self._too_near, ways, starts)), None)
            if violation is None:
                return Verdict("clipped" if notes else "accepted", "; ".join(notes), proposed)
            repaired = self._repair(proposed, violation)
            if repaired is None:
                break
            proposed, note = repaired
            notes += [f"{note}: {violation.text}"] if note else []
        joining = " while joining the motion under way" if violation.time <= proposed.times[0] else ""
        raise Rejected(violation.text + joining)

    def _repair(self, proposed: Trajectory, violation: Violation) -> tuple[Trajectory, str] | None:
        """-> what to try instead and what to call it ('' where no point was altered); None: beyond repair."""
        if violation.quantity == "position" and violation.excess <= self._config.clip:
            return self._clipped(proposed), "clipped"
        if violation.quantity not in ROOT:
            return None
        if violation.time <= proposed.times[0] and len(proposed.times) > 1 and proposed.times[1] <= LATEST_JOIN:
            return proposed.part(slice(1, None)), ""  # join later and so more gently
        factor = 1.01 * violation.ratio ** (1.0 / ROOT[violation.quantity])
        if factor > self._config.stretch or proposed.times[-1] * factor > self._config.horizon:
            return None
        return _slower(proposed, factor), "slowed down"

    def _beyond(self, trajectory: Trajectory, start: MotionState) -> Violation | None:
        motion, path = sample_densely(trajectory, start, LOOKS), path_of(trajectory, start)
        return (
            position_violation(motion, path, self.limits)
            or derivative_violation(motion, self.limits)
            or self._box.violation(path, float(trajectory.times[-1]))
        )

    def _too_near(self, trajectory: Trajectory, start: MotionState) -> Violation | None:
        return None if self._clearance is None else self._clearance.violation(trajectory, start)

    def _clipped(self, trajectory: Trajectory) -> Trajectory:
        # A clipped point rests, or its velocity would carry the motion over the limit again.
        positions = np.clip(trajectory.positions, self.limits.lower, self.limits.upper)
        touched = positions != trajectory.positions
        velocities = np.where(touched, 0.0, trajectory.velocities)
        accelerations = np.where(touched, 0.0, trajectory.accelerations)
        return Trajectory(trajectory.names, trajectory.times, positions, velocities, accelerations)


def _slower(trajectory: Trajectory, factor: float) -> Trajectory:
    return Trajectory(
        trajectory.names,
        trajectory.times * factor,
        trajectory.positions,
        trajectory.velocities / factor,
        trajectory.accelerations / factor**2,
    )
