"""An arm that nobody tells where to go comes to rest, and neither out of its box nor against an obstacle."""

from __future__ import annotations

import numpy as np
import pytest

from wm_core.config import ObstacleConfig, SafetyConfig
from wm_core.interpolation import sample, sample_densely
from wm_core.kinematics.time_parameterisation import parameterise, stop, stops_along
from wm_core.safety import Body, Clearance, Following, TrajectoryFilter, Verdict, find_outside
from wm_core.types import JointState, MotionState, Pose
from wm_ros.guard_logic import Guard, Silence
from wm_ros.holding import hold
from wm_ros.moment import Instant

SINCE = 5.0  # s, when the motion began


@pytest.fixture(scope="module")
def swoops(robot, arm, limits):
    """Motions that come down fast and level out, each with a judge that knows a table which it passes 6 mm above."""
    random, body, found = np.random.default_rng(0), Body(robot, arm.chain()), []
    at = lambda place: arm.inverse(Pose(np.array(place), np.array(robot.tool_orientation)), np.array(robot.home))
    while len(found) < 12:
        (x, y), (dx, dy) = random.uniform((0.38, -0.2), (0.5, 0.2)), random.uniform(-0.06, 0.06, 2)
        places = [(x + dx * i, y + dy * i, 0.16 + 0.05 * max(0, 3 - i)) for i in range(6)]
        start, path = MotionState.at_rest(at(places[0])), np.stack([at(place) for place in places[1:]])
        motion = parameterise(start, path, 0.15, limits, 1.4)
        joints = sample_densely(motion, start, 11).position
        lowest = (body.positions(joints)[..., 2] - body.radii).min()
        table = ObstacleConfig(name="table", lower=(0.2, -0.8, -0.1), upper=(0.9, 0.8, lowest - 0.006))
        judge = TrajectoryFilter(limits, arm, SafetyConfig(), Clearance(body, [table], limits, 0.005))
        if judge.violation(motion, start) is None:
            found.append((Following(motion, start, SINCE), judge))
    return found


def moments(following):
    """When the arm may be left alone, and what it is doing then."""
    for elapsed in np.arange(0.1, following.trajectory.times[-1], 0.05):
        yield SINCE + elapsed, sample(following.trajectory, following.start, elapsed)


def test_a_hold_is_as_clear_as_what_was_accepted(swoops, limits, arm):
    against = 0
    for following, judge in swoops:
        for at, state in moments(following):
            soonest, held = stop(state, limits), hold(state, at, following, judge)
            bad = judge.violation(soonest, state) is not None
            against += bad
            assert judge.violation(held, state) is None
            assert not find_outside(held, state, limits, arm)
            assert not held.velocities[-1].any() and not held.accelerations[-1].any()
            # It is left only for a reason.
            assert bad or held.times[-1] == soonest.times[-1]
    # Else nothing was tested: braking all joints alike does go nearer than 5 mm to some of these tables.
    assert against >= 3


def test_the_guard_holds_like_that(swoops, limits, arm):
    otherwise = 0
    for following, judge in swoops:
        guard = Guard(judge, arm, Silence(proposal=0.35, state=0.3))
        guard.measure(JointState(following.start.position, np.zeros(7), SINCE), Instant(SINCE, SINCE))
        guard.sent(Verdict("accepted", "", following.trajectory), Instant(SINCE, SINCE))
        for at, state in moments(following):
            held = guard.rest(Instant(at, at))
            if held is not None:  # for one that is at rest already
                assert judge.violation(held, state) is None
                otherwise += judge.violation(stop(state, limits), state) is not None
    assert otherwise >= 3


def test_without_anything_under_way_or_in_the_way_it_is_the_soonest_stop(swoops, limits, arm):
    following, _ = swoops[0]
    at, state = next(moments(following))
    alone = hold(state, at, None, TrajectoryFilter(limits, arm))
    free = hold(state, at, following, TrajectoryFilter(limits, arm))
    for held in (alone, free):
        np.testing.assert_array_equal(held.positions, stop(state, limits).positions)


def test_slowing_down_along_a_path_keeps_to_it(swoops, limits):
    for following, _ in swoops:
        everything = sample_densely(following.trajectory, following.start, 51).position
        for at, state in moments(following):
            path = lambda times: np.stack(
                [sample(following.trajectory, following.start, at - SINCE + time).position for time in times]
            )
            for held in stops_along(path, state, limits):
                passed = sample_densely(held, state, 5).position
                off = np.abs(passed[:, None] - everything[None]).max(-1).min(-1)
                # rad; here it is 0.0006 at the most, and the soonest stops leave the path by up to 0.027.
                assert off.max() < 0.002
