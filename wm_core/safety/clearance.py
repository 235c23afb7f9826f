"""Where a motion brings the body of an arm too near to a declared obstacle."""

from __future__ import annotations

from typing import Sequence

import numpy as np

from wm_core.config import ObstacleConfig
from wm_core.interpolation import path_of, sample_densely
from wm_core.limits import ArmLimits
from wm_core.safety.body import Body
from wm_core.safety.bounds import Violation, worst_stray
from wm_core.safety.closer import look_closer
from wm_core.types import MotionState, Trajectory

LOOKS = 11  # at the speed of every segment
COARSE, FINE = 0.032, 0.002  # m that a sphere may travel between two looks: at first, and where it is near an obstacle
ROUNDING = 1e-9  # m


class Clearance:
    """Judges motions whose derivatives keep the limits. Pure, as `TrajectoryFilter` is."""

    def __init__(self, body: Body, obstacles: Sequence[ObstacleConfig], limits: ArmLimits, margin: float) -> None:
        """obstacles: one or more. margin: m, the least distance between body and obstacles."""
        self.obstacles = tuple(obstacles)
        self._body, self._limits, self._margin = body, limits, margin
        corners = np.array([[box.lower, box.upper] for box in self.obstacles])  # (B, 2, 3)
        self._lower, self._upper = corners.transpose(1, 2, 0)[:, :, None, None]  # (3, 1, 1, B) each

    def violation(self, trajectory: Trajectory, start: MotionState) -> Violation | None:
        """The worst distance below the margin. A sphere that begins nearer than that may come no nearer.

        Nothing is thin enough to be jumped over: between two looks no sphere travels farther than `_travel` says, so it
        comes nearer than it is at both by half of that at most. Where this could be below the margin there are looks in
        between, until they are `FINE` apart; what then is unseen is 1 mm, less than any sphere's radius.
        """
        times, travel = self._travel(trajectory, start)
        at = np.linspace(0.0, travel[-1], int(np.ceil(travel[-1] / COARSE)) + 1)
        path = path_of(trajectory, start)
        look = lambda travelled: self._gaps(path(np.interp(travelled, travel, times)))
        gaps = look(at)
        while True:
            row, pair, stray = worst_stray((self._margin - gaps).clip(min=0.0))
            if stray > ROUNDING:
                return self._told(pair, gaps[row, pair], stray, float(np.interp(at[row], travel, times)))
            apart = np.diff(at)
            least = 0.5 * (gaps[1:] + gaps[:-1] - apart[:, None]).min(axis=1)
            unsure = np.flatnonzero((least < self._margin) & (apart > FINE))
            if not len(unsure):
                return None
            at, gaps = look_closer(at, gaps, unsure, look)

    def _travel(self, trajectory: Trajectory, start: MotionState) -> tuple[np.ndarray, np.ndarray]:
        """-> times (K,) s and the m that no sphere has exceeded by then: joint speeds times levers, added up.

        Between two looks a joint is faster than at both by what its largest acceleration makes of half the time.
        """
        motion = sample_densely(trajectory, start, LOOKS)
        span, speed = np.diff(motion.times)[:, None], np.abs(motion.velocity)
        fastest = np.maximum(speed[1:], speed[:-1]) + 0.5 * span * self._limits.acceleration
        steps = (span * fastest) @ self._body.levers
        return motion.times, np.concatenate([[0.0], np.cumsum(steps)])

    def _gaps(self, joints: np.ndarray) -> np.ndarray:
        """joints: (R, J) rad -> (R, P * B) m between every sphere and every box, below zero where they overlap."""
        middles = np.ascontiguousarray(np.moveaxis(self._body.positions(joints), -1, 0))[..., None]
        beyond = np.maximum(self._lower - middles, middles - self._upper)  # (3, R, P, B): numpy goes along a first axis fastest
        outside = np.sqrt(np.square(np.maximum(beyond, 0.0)).sum(axis=0))
        inside = np.minimum(beyond.max(axis=0), 0.0)
        return (outside + inside - self._body.radii[:, None]).reshape(len(joints), -1)

    def _told(self, pair: int, gap: float, stray: float, time: float) -> Violation:
        carrier, which = divmod(pair, len(self.obstacles))
        sphere, box = self._body.spheres[carrier], self.obstacles[which]
        text = (
            f"the sphere at {list(sphere.offset)} m of '{sphere.joint}' would be {gap:.4f} m from obstacle '{box.name}' "
            f"at {time:.3f} s, expected at least {gap + stray:.4f} m"
        )
        return Violation("clearance", text, time, excess=stray)
