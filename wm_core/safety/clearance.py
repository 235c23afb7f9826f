"""Where a motion brings the body of an arm too near to a declared obstacle."""

from __future__ import annotations

from typing import Sequence

import numpy as np

from wm_core.config import ObstacleConfig
from wm_core.interpolation import sample_densely, sample_many
from wm_core.limits import ArmLimits
from wm_core.safety.body import Body
from wm_core.safety.bounds import Violation, worst_stray
from wm_core.types import MotionState, Trajectory

LOOKS = 11  # at the speed of every segment
COARSE, FINE = 0.04, 0.002  # m that a sphere may travel between two looks: at first, and where it is near an obstacle
ROUNDING = 1e-9  # m


class Clearance:
    """Judges motions whose derivatives keep the limits. Pure, as `TrajectoryFilter` is."""

    def __init__(self, body: Body, obstacles: Sequence[ObstacleConfig], limits: ArmLimits, margin: float) -> None:
        """obstacles: one or more. margin: m, the least distance between body and obstacles."""
        self.obstacles = tuple(obstacles)
        self._body, self._limits, self._margin = body, limits, margin
        self._lower = np.array([box.lower for box in self.obstacles])  # (B, 3)
        self._upper = np.array([box.upper for box in self.obstacles])

    def violation(self, trajectory: Trajectory, start: MotionState) -> Violation | None:
        """The worst distance below the margin. A sphere that begins nearer than that may come no nearer.

        Nothing is thin enough to be jumped over: between two looks no sphere travels farther than `_travel` says, so it
        comes nearer than it is at both by half of that at most. Where this could be below the margin, there is another
        look half-way, until they are `FINE` apart; what then is unseen is 1 mm, less than any sphere's radius.
        """
        times, travel = self._travel(trajectory, start)
        at = np.linspace(0.0, travel[-1], int(np.ceil(travel[-1] / COARSE)) + 1)
        gaps = self._gaps(trajectory, start, np.interp(at, travel, times))
        while True:
            row, pair, stray = worst_stray((self._margin - gaps).clip(min=0.0))
            if stray > ROUNDING:
                return self._told(pair, gaps[row, pair], stray, float(np.interp(at[row], travel, times)))
            apart = np.diff(at)
            least = 0.5 * (gaps[1:] + gaps[:-1] - apart[:, None]).min(axis=1)
            unsure = np.flatnonzero((least < self._margin) & (apart > FINE))
            if not len(unsure):
                return None
            between = at[unsure] + 0.5 * apart[unsure]
            at = np.insert(at, unsure + 1, between)
            gaps = np.insert(gaps, unsure + 1, self._gaps(trajectory, start, np.interp(between, travel, times)), axis=0)

    def _travel(self, trajectory: Trajectory, start: MotionState) -> tuple[np.ndarray, np.ndarray]:
        """-> times (K,) s and the m that no sphere has exceeded by then: joint speeds times levers, added up.

        Between two looks a joint is faster than at both by what its largest acceleration makes of half the time.
        """
        motion = sample_densely(trajectory, start, LOOKS)
        span, speed = np.diff(motion.times)[:, None], np.abs(motion.velocity)
        fastest = np.maximum(speed[1:], speed[:-1]) + 0.5 * span * self._limits.acceleration
        steps = (span * fastest) @ self._body.levers
        return motion.times, np.concatenate([[0.0], np.cumsum(steps)])

    def _gaps(self, trajectory: Trajectory, start: MotionState, times: np.ndarray) -> np.ndarray:
        """-> (R, P * B) m between every sphere and every box, below zero where they overlap."""
        middles = self._body.positions(sample_many(trajectory, start, times).position)[:, :, None]
        beyond = np.maximum(self._lower - middles, middles - self._upper)  # (R, P, B, 3)
        outside = np.sqrt(np.square(beyond.clip(min=0.0)).sum(axis=-1))
        inside = beyond.max(axis=-1).clip(max=0.0)
        return (outside + inside - self._body.radii[:, None]).reshape(len(times), -1)

    def _told(self, pair: int, gap: float, stray: float, time: float) -> Violation:
        carrier, which = divmod(pair, len(self.obstacles))
        sphere, box = self._body.spheres[carrier], self.obstacles[which]
        text = (
            f"the sphere at {list(sphere.offset)} m of '{sphere.joint}' would be {gap:.4f} m from obstacle '{box.name}' "
            f"at {time:.3f} s, expected at least {gap + stray:.4f} m"
        )
        return Violation("clearance", text, time, excess=stray)
