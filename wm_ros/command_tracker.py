"""What the controller is doing now, known from what was last commanded."""

from __future__ import annotations

import numpy as np

from wm_core.interpolation import sample
from wm_core.safety import Following
from wm_core.types import JointState, MotionState, Trajectory

# A controller holds its last point; an arm at rest this far (rad) from it was moved by somebody else.
_STRAYED = 0.1
# So was one that has moved this far (rad) since it came to rest. How far off it rests says less: an arm may sag.
_MOVED = 0.01
_SETTLED = 0.5  # s after the end of a motion, by when it has come to rest
_STILL = 1e-3  # rad
_RESTING = 5e-3  # rad/s


class CommandTracker:
    """Follows the commands on paper, by the controller's own rules. All times are s on the caller's one clock."""

    def __init__(self) -> None:
        self.following: Following | None = None
        self._until = 0.0  # s after it began, from when on it goes nowhere
        self._rested: np.ndarray | None = None  # (J,) rad, where it was measured after that

    def command(self, trajectory: Trajectory, now: float, measured: JointState | None) -> Following | None:
        """`trajectory` replaces what is followed, from `now` on. Without any known state it is not tracked."""
        start = self.state(now, measured)
        self.following = None if start is None else Following(trajectory, start, now)
        self._until = 0.0 if start is None else _under_way(trajectory, start)
        self._rested = None
        return self.following

    def see(self, now: float, measured: JointState) -> None:
        """Looks whether the arm is still where it was left. Call it with every joint state."""
        if self.following is None:
            return
        if now < self.following.since - 1.0:  # the clock was set back
            self.following = None
        elif now - self.following.since > self.following.trajectory.times[-1] + _SETTLED:
            self._rested = measured.position if self._rested is None else self._rested
            left = np.abs(measured.position - self.following.trajectory.positions[-1]).max()
            if left > _STRAYED or np.abs(measured.position - self._rested).max() > _MOVED:
                self.following = None

    def state(self, now: float, measured: JointState | None) -> MotionState | None:
        """What the controller commands at `now`; None before anything was commanded or measured."""
        if self.following is not None:
            return sample(self.following.trajectory, self.following.start, now - self.following.since)
        return None if measured is None else MotionState.at_rest(measured.position)

    def moving(self, now: float) -> bool:
        """Whether the last command still has somewhere to go; its last moments at rest are none."""
        return self.following is not None and now - self.following.since < self._until


def _under_way(trajectory: Trajectory, start: MotionState) -> float:
    """s until the first point that is, as all after it, at rest where the last one is."""
    off = np.abs(np.vstack([start.position, trajectory.positions]) - trajectory.positions[-1]).max(-1) > _STILL
    if trajectory.velocities is not None:
        off |= np.abs(np.vstack([start.velocity, trajectory.velocities])).max(-1) > _RESTING
    times = np.append(trajectory.times, trajectory.times[-1])  # a last point that is not at rest is where it ends
    return float(times[off.nonzero()[0][-1]]) if off.any() else 0.0
