"""How an arm is brought to rest when nobody tells it where to go: soon, and neither out of its box nor against an obstacle."""

from __future__ import annotations

from collections.abc import Iterator

from wm_core.interpolation import path_of
from wm_core.kinematics.time_parameterisation import stop, stops_along
from wm_core.safety import Following, TrajectoryFilter
from wm_core.safety.trajectory_filter import SHORTEST
from wm_core.types import MotionState, Trajectory


def hold(state: MotionState, at: float, following: Following | None, judge: TrajectoryFilter) -> Trajectory:
    """state: what is commanded at the moment `at` (s, the clock of `following`), from where the arm comes to rest.

    The soonest stop brakes all joints alike, which leaves the path. Where that would take the tool out of its box, or the
    body too near to an obstacle, the arm slows down along the path that was accepted, and where even that would, goes to
    the end of it: that it ends at rest was judged too.
    """
    soonest = stop(state, judge.limits)
    if following is None:
        return soonest
    stops = _from_soonest(soonest, state, at, following, judge)
    return next((found for found in stops if judge.violation(found, state) is None), soonest)


def _from_soonest(
    soonest: Trajectory, state: MotionState, at: float, following: Following, judge: TrajectoryFilter
) -> Iterator[Trajectory]:
    yield soonest
    path, elapsed = path_of(following.trajectory, following.start), at - following.since
    yield from stops_along(lambda times: path(elapsed + times), state, judge.limits)
    left = following.trajectory.times > elapsed + SHORTEST
    if left.any():
        yield following.trajectory.part(left, elapsed)
