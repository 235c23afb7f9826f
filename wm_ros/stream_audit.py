"""The extremes of the motion that a controller follows, command after command."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wm_core.interpolation import sample_many
from wm_core.limits import ArmLimits
from wm_core.safety import Following

PERIOD = 0.001  # s between looks


@dataclass
class Extremes:
    """velocity, acceleration, jerk: the largest share of a limit, 1 at the limit.

    jump: rad, the largest step that the position makes beyond what its velocity accounts for; `PERIOD` long, such a
    step is below 1e-6 rad in motion that keeps the limits on jerk.
    """

    velocity: float = 0.0
    acceleration: float = 0.0
    jerk: float = 0.0
    jump: float = 0.0


class StreamAudit:
    """Fed with every command in turn; looks at the part of each that was followed until the next one came."""

    def __init__(self, limits: ArmLimits) -> None:
        self.extremes = Extremes()
        self._limits = limits
        self._following: Following | None = None
        self._last: tuple[float, np.ndarray, np.ndarray] | None = None  # s, rad, rad/s: where the look before ended

    def command(self, following: Following | None) -> None:
        """The controller follows this from `following.since` on; None: nothing is known of it."""
        if self._following is not None and following is not None:
            self._look(self._following, following.since - self._following.since)
        self._following = following
        if following is None:
            self._last = None

    def finish(self) -> None:
        """No more commands come: the last one is followed to its end."""
        if self._following is not None:
            self._look(self._following, float(self._following.trajectory.times[-1]))
        self._following = self._last = None

    def _look(self, following: Following, until: float) -> None:
        end = min(max(until, 0.0), float(following.trajectory.times[-1]))
        times = np.append(np.arange(0.0, end, PERIOD), end)
        motion = sample_many(following.trajectory, following.start, times)
        seen, limits = self.extremes, self._limits
        seen.velocity = max(seen.velocity, float((np.abs(motion.velocity) / limits.velocity).max()))
        seen.acceleration = max(seen.acceleration, float((np.abs(motion.acceleration) / limits.acceleration).max()))
        seen.jerk = max(seen.jerk, float((np.abs(motion.jerk) / limits.jerk).max()))
        moments, position, velocity = following.since + times, motion.position, motion.velocity
        if self._last is not None and moments[0] - self._last[0] <= 2.0 * PERIOD:
            moments = np.append(self._last[0], moments)
            position, velocity = np.vstack([self._last[1], position]), np.vstack([self._last[2], velocity])
        seen.jump = max(seen.jump, _largest_jump(moments, position, velocity))
        self._last = float(moments[-1]), position[-1], velocity[-1]


def _largest_jump(moments: np.ndarray, position: np.ndarray, velocity: np.ndarray) -> float:
    """moments: (K,) s; position, velocity: (K, J)."""
    if len(moments) < 2:
        return 0.0
    expected = 0.5 * (velocity[1:] + velocity[:-1]) * np.diff(moments)[:, None]
    return float(np.abs(np.diff(position, axis=0) - expected).max())
