"""From a scored joint path to motion that a controller can follow. Free of torch."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from wm_core.kinematics.jerk_grid import PERIOD, Knots, excess, track
from wm_core.limits import ArmLimits
from wm_core.types import MotionState, Trajectory

BANDWIDTHS = (20.0, 16.0, 13.0, 10.0, 8.0, 6.0, 4.5, 3.0)  # rad/s; the first that keeps the limits is taken
CLOSE = 6.0  # rad/s; below this corners are cut so much that a slower pace is the better answer
PACES = (1.0, 0.85, 0.7, 0.55, 0.4, 0.25)  # of the path's own
SETTLING = 0.2  # s after the last waypoint, where the horizon leaves room
SHARE = 0.98  # of every limit: rounding on the way to the controller must not matter
POSITION_MARGIN = 1e-3  # rad
LONGEST_STOP = 40  # knots
SHORT_STOPS = (6, 10, 16)  # knots, and AIMS, shares of the way to a position limit: tried where one is near
AIMS = (1.0, 0.75, 0.5)
STOPS_ALONG, ALONG = (6, 10, 16, 24), 28.0  # knots; rad/s, the bandwidth that keeps them to the path

_ATTEMPTS = [(pace, width) for pace in PACES for width in BANDWIDTHS if width >= CLOSE]
_ATTEMPTS += [(1.0, width) for width in BANDWIDTHS if width < CLOSE]


def parameterise(
    start: MotionState, path: np.ndarray, step: float, limits: ArmLimits, horizon: float = 1.0
) -> Trajectory:
    """A trajectory that leaves from `start` (moving or not), follows `path` at its own pace and ends at rest.

    start: what the controller will be commanding at the moment of take-over, which is the trajectory's time 0.
    path: (H, J) rad, one row every `step` s; what lies beyond `horizon` s is left to the next plan.
    Points come every 50 ms with positions, velocities and accelerations; the last velocity is exactly 0. Between the
    points, as `wm_core.interpolation` fills them, the motion stays inside `limits`: corners that the limits do not
    allow are rounded, a path at the very limits is followed more slowly, and where nothing follows it the arm stops.
    Raises `ValueError`.
    """
    path = np.asarray(path, dtype=float)
    if path.ndim != 2 or path.shape[1] != len(limits.names) or len(path) == 0 or not np.isfinite(path).all():
        raise ValueError(f"path has shape {path.shape}: expected finite (H, {len(limits.names)})")
    if step <= 0.0 or horizon < PERIOD:
        raise ValueError(f"step {step} s and horizon {horizon} s: expected a positive step and at least {PERIOD} s")
    for pace, bandwidth in _ATTEMPTS:
        knots = track(start, _reference(start.position, path, step / pace, horizon), bandwidth)
        if excess(start, knots, limits) <= SHARE and _inside(start, knots, limits):
            return _as_trajectory(knots, limits)
    return stop(start, limits)


def stop(start: MotionState, limits: ArmLimits) -> Trajectory:
    """Decelerates every joint from `start` to rest, as fast as the limits allow a smooth stop.

    Points as in `parameterise`. From a state that is itself outside the limits: the stop that breaks them least.
    """
    least, gentlest = np.inf, None
    for count in range(2, LONGEST_STOP + 1):
        knots = track(start, np.zeros((count, len(start.position))), 0.0)
        worst = excess(start, knots, limits)
        if worst < least:
            least, gentlest = worst, knots
        if worst <= SHARE:
            break
    if not _inside(start, gentlest, limits):
        gentlest = _stop_short_of_limits(start, gentlest.position[-1], limits) or gentlest
    return _as_trajectory(gentlest, limits)


def stops_along(
    path: Callable[[np.ndarray], np.ndarray], start: MotionState, limits: ArmLimits
) -> Iterator[Trajectory]:
    """Decelerations to rest that keep to a path which the arm is following, as far as the limits allow it; soonest first.

    path: times (K,) s from now -> (K, J) rad, as it would be passed at full speed. Points as in `parameterise`.
    """
    for count in STOPS_ALONG:
        times = PERIOD * np.arange(1, count + 1)
        knots = track(start, path(times - times**2 / (2.0 * times[-1])), ALONG)
        if excess(start, knots, limits) <= SHARE and _inside(start, knots, limits):
            yield _as_trajectory(knots, limits)


def _stop_short_of_limits(start: MotionState, end: np.ndarray, limits: ArmLimits) -> Knots | None:
    """Braking that would run into a position limit is aimed at a place before it, which brakes harder."""
    nearest = np.clip(end, limits.lower + POSITION_MARGIN, limits.upper - POSITION_MARGIN)
    for share, bandwidth, count in itertools.product(AIMS, (40.0, 28.0, *BANDWIDTHS), SHORT_STOPS):
        aim = start.position + share * (nearest - start.position)
        knots = track(start, np.tile(aim, (count, 1)), bandwidth)
        if excess(start, knots, limits) <= SHARE and _inside(start, knots, limits):
            return knots
    return None


def _reference(start: np.ndarray, path: np.ndarray, step: float, horizon: float) -> np.ndarray:
    """(N, J): the path at the knots, straight lines between waypoints."""
    waypoints = np.vstack([start, path])
    duration = min(len(path) * step + SETTLING, horizon)
    at = PERIOD * np.arange(1, int(round(duration / PERIOD)) + 1) / step
    row = np.minimum(at.astype(int), len(path) - 1)
    share = np.minimum(at - row, 1.0)[:, None]
    return (1.0 - share) * waypoints[row] + share * waypoints[row + 1]


def _inside(start: MotionState, knots: Knots, limits: ArmLimits) -> bool:
    """Position limits; an arm that starts outside may stay as far outside as it is, while it comes back."""
    lower = np.minimum(limits.lower + POSITION_MARGIN, start.position - 1e-9)
    upper = np.maximum(limits.upper - POSITION_MARGIN, start.position + 1e-9)
    return bool(((knots.position >= lower) & (knots.position <= upper)).all())


def _as_trajectory(knots: Knots, limits: ArmLimits) -> Trajectory:
    times = PERIOD * np.arange(1, len(knots.position) + 1)
    return Trajectory(limits.names, times, knots.position, knots.velocity, knots.acceleration)
