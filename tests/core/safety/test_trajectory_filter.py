"""The filter refuses each kind of wrong, by name, and never lets anything outside the limits through."""

from dataclasses import replace

import numpy as np
import pytest

from wm_core.config import SafetyConfig
from wm_core.interpolation import sample, sample_densely, sample_many
from wm_core.kinematics.time_parameterisation import parameterise
from wm_core.safety import Following, TrajectoryFilter, find_outside
from wm_core.safety.trajectory_filter import LOOKS
from wm_core.types import JointState, MotionState, Pose, Trajectory

NOW = 10.0


@pytest.fixture
def judge(limits, arm):
    return TrajectoryFilter(limits, arm)


@pytest.fixture
def good(limits, home):
    """0.1 rad in joint 1 over a second, from rest at home."""
    path = home + 0.02 * np.arange(1, 6)[:, None] * np.eye(7)[0]
    return parameterise(MotionState.at_rest(home), path, 0.2, limits)


def measured(joints, age=0.0):
    return JointState(np.asarray(joints, dtype=float), np.zeros(7), NOW - age)


def refused(judge, proposal, home, says, stamp=NOW, state=None, following=None):
    verdict = judge.check(proposal, stamp, NOW, state or measured(home), following)
    assert verdict.kind == "rejected" and verdict.trajectory is None
    assert says in verdict.reason, verdict.reason


def test_a_good_proposal_passes_unchanged(judge, good, home):
    # But for its first point, which is due in 50 ms: nearer than `lead`, 100 ms.
    verdict = judge.check(good, NOW, NOW, measured(home))
    assert (verdict.kind, verdict.reason) == ("accepted", "")
    assert verdict.trajectory.times == pytest.approx(good.times[1:])
    assert verdict.trajectory.positions == pytest.approx(good.positions[1:])


def test_joints_in_another_order_come_out_in_ours(judge, good, home):
    turned = Trajectory(
        good.names[::-1], good.times, good.positions[:, ::-1], good.velocities[:, ::-1], good.accelerations[:, ::-1]
    )
    verdict = judge.check(turned, NOW, NOW, measured(home))
    assert verdict.kind == "accepted" and verdict.trajectory.names == good.names
    assert verdict.trajectory.positions == pytest.approx(good.positions[1:])


def test_time_that_has_passed_is_dropped(judge, good, home):
    # 60 ms late: what was due at 50, 100 and 150 ms is past or too near (lead 100 ms), 200 ms becomes 140 ms.
    following = Following(good, MotionState.at_rest(home), NOW - 0.06)
    verdict = judge.check(good, NOW - 0.06, NOW, measured(home), following)
    assert verdict.kind == "accepted"
    assert verdict.trajectory.times[0] == pytest.approx(0.14)
    assert verdict.trajectory.positions[0] == pytest.approx(good.positions[3])


def test_a_later_start_moves_it_back(judge, good, home):
    verdict = judge.check(good, NOW + 0.06, NOW, measured(home))
    assert verdict.trajectory.times == pytest.approx(good.times + 0.06)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"names": ("a", *[f"panda_joint{row}" for row in range(2, 8)])}, "missing joints ['panda_joint1']"),
        ({"names": tuple(f"panda_joint{row}" for row in (1, 2, 3, 4, 5, 6, 6))}, "duplicate joints ['panda_joint6']"),
        ({"names": (*[f"panda_joint{row}" for row in range(1, 8)], "finger")}, "unknown joints ['finger']"),
        ({"velocities": None}, "velocities are missing"),
        ({"accelerations": None}, "accelerations are missing"),
        ({"times": np.array([])}, "at least one point"),
    ],
)
def test_malformed(judge, good, home, change, says):
    refused(judge, replace(good, **change), home, says)


@pytest.mark.parametrize("field", ["positions", "velocities", "accelerations"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_not_finite(judge, good, home, field, value):
    values = getattr(good, field).copy()
    values[3, 2] = value
    refused(judge, replace(good, **{field: values}), home, f"{field} are not finite")


def test_shapes(judge, good, home):
    refused(judge, replace(good, positions=good.positions[:-1]), home, "positions have shape (19, 7): expected (20, 7)")


def test_times(judge, good, home):
    times = good.times.copy()
    times[4] = times[3]
    refused(judge, replace(good, times=times), home, "times do not increase: point 4 at 0.2000 s")
    refused(judge, replace(good, times=good.times - 0.2), home, "the first time is -0.15")
    refused(judge, replace(good, times=np.full(20, np.nan)), home, "times are not finite")


def test_horizon(judge, good, home):
    refused(judge, replace(good, times=good.times * 2), home, "lasts 2.000 s: expected at most 1.5 s")


def test_age(judge, good, home):
    refused(judge, good, home, "proposal is 0.300 s old: expected at most 0.2 s", stamp=NOW - 0.3)
    refused(judge, good, home, "proposal is -0.300 s old", stamp=NOW + 0.3)
    refused(judge, good, home, "expected at most", stamp=np.nan)
    refused(judge, good, home, "joint state is 0.250 s old: expected at most 0.2 s", state=measured(home, 0.25))


def test_a_measured_state_that_is_none(judge, good, home):
    refused(judge, good, home, "not 7 finite positions", state=measured(np.full(7, np.nan)))


def test_it_must_end_at_rest(judge, good, home):
    velocities = good.velocities.copy()
    velocities[-1, 4] = 0.01
    says = "the last point does not rest: joint 'panda_joint5' has velocity 0.0100"
    refused(judge, replace(good, velocities=velocities), home, says)


def one_point(time, position):
    return Trajectory(
        tuple(f"panda_joint{row}" for row in range(1, 8)),
        np.array([time]), position[None], np.zeros((1, 7)), np.zeros((1, 7)),
    )  # fmt: skip


def test_velocity_acceleration_and_jerk_by_hand(judge, home):
    # A quintic over d in T from rest to rest peaks at v = 1.875 d/T, a = 5.774 d/T^2, j = 60 d/T^3.
    # Joint 7 (it moves nothing out of the workspace): limits 1.8, 10, 1000, and slowing down by up to 1.3 is allowed.
    turn = np.eye(7)[6]
    # d = 1.4, T = 1: v 2.63 is 1.46 times too fast, a 8.1 and j 84 are not
    refused(judge, one_point(1.0, home + 1.4 * turn), home, "'panda_joint7' velocity 2.625 rad/s exceeds 1.8 rad/s")
    # d = 0.2, T = 0.25: v 1.5, a 18.5 is 1.85 times too much: sqrt(1.85) = 1.36 slower is too slow
    refused(judge, one_point(0.25, home + 0.2 * turn), home, "acceleration 18.4")
    # d = 0.006, T = 0.06: v 0.19, a 9.6, j 1667; cbrt(1.67) = 1.19 slower is enough
    slowed = judge.check(one_point(0.06, home + 0.006 * turn), NOW, NOW, measured(home))
    assert slowed.kind == "clipped" and "jerk 1666" in slowed.reason


def test_slowing_down_repairs_a_little(judge, limits, arm, home):
    # d = 1, T = 1: v 1.875 is 4 % above 1.8; slower by that and a margin it is inside
    proposal = one_point(1.0, home + np.eye(7)[6])
    verdict = judge.check(proposal, NOW, NOW, measured(home))
    assert verdict.kind == "clipped" and "slowed down: joint 'panda_joint7' velocity 1.875" in verdict.reason
    assert 1.04 < verdict.trajectory.times[-1] < 1.08
    assert len(find_outside(verdict.trajectory, MotionState.at_rest(home), limits, arm)) == 0


def test_tiny_position_excess_is_clipped(limits, arm, home):
    wide = replace(limits, workspace_lower=np.full(3, -9.0), workspace_upper=np.full(3, 9.0))
    judge = TrajectoryFilter(wide, arm)
    near = home.copy()
    near[0] = limits.upper[0] - 0.01
    beyond = near.copy()
    beyond[0] = limits.upper[0] + 0.0005
    verdict = judge.check(one_point(0.5, beyond), NOW, NOW, measured(near))
    assert verdict.kind == "clipped" and "clipped: joint 'panda_joint1' position" in verdict.reason
    assert verdict.trajectory.positions[-1, 0] == limits.upper[0]
    beyond[0] = limits.upper[0] + 0.005
    refused(judge, one_point(0.5, beyond), near, "'panda_joint1' position 2.972", state=measured(near))


def test_workspace(judge, arm, home, robot):
    # from z 0.234 m to 0.02 m; the box begins at 0.03 m
    start = arm.forward(home).position
    low = arm.inverse(Pose(np.array([start[0], start[1], 0.02]), np.array(robot.tool_orientation)), home)
    refused(judge, one_point(1.2, low), home, "tool z = 0.02")


@pytest.mark.parametrize("turn", [0.601, 0.607, 0.613, 0.619])
def test_a_tool_that_dips_out_of_the_box_for_a_few_milliseconds_is_seen(judge, limits, arm, home, turn):
    # 3 cm down and up again, with an acceleration of 1 m/s^2 where it turns 10 um too low: it is outside for
    # 2 sqrt(2 * 1e-5 / 1) s = 9 ms, less than lies between two of the first looks.
    place, floor = arm.forward(home).position, limits.workspace_lower[2]
    above, below = (arm.inverse(Pose(np.array([*place[:2], floor + height])), home) for height in (0.03, -0.01))
    shares = np.linspace(0.0, 1.0, 2001)
    heights = np.array([arm.forward(above + share * (below - above)).position[2] for share in shares])

    def dip(height):
        lowest = above + np.interp(height, heights[::-1], shares[::-1]) * (below - above)
        turning = np.stack([np.zeros(7), (above - lowest) / 0.03, np.zeros(7)])
        times, positions = np.array([0.1, turn, 1.2]), np.stack([above, lowest, above])
        return Trajectory(limits.names, times, positions, np.zeros((3, 7)), turning)

    refused(judge, dip(floor - 1e-5), home, "outside the workspace", state=measured(above))
    assert judge.check(dip(floor + 1e-5), NOW, NOW, measured(above)).kind == "accepted"


def test_a_joint_that_turns_round_beyond_its_limit_between_two_looks_is_seen(limits, arm, home):
    # It passes 0.5 rad/s upwards and 0.46 downwards 0.6 s later: looks at that segment are 12 ms apart, and at about
    # 1.6 rad/s^2 it is up to 1.6 * 0.012^2 / 8 = 29 um farther out in between.
    wide = replace(limits, workspace_lower=np.full(3, -9.0), workspace_upper=np.full(3, 9.0))
    joint, times = np.eye(7)[0], np.array([0.4, 1.0, 1.4])

    def turning(highest):
        velocities = np.outer([0.5, -0.46, 0.0], joint)
        at = Trajectory(limits.names, times, home + np.outer([0.1, 0.1, 0.0], joint), velocities, np.zeros((3, 7)))
        top = sample_many(at, MotionState.at_rest(home), np.arange(0.0, 1.4, 1e-5)).position[:, 0].max()
        begin = home + (highest - top) * joint
        return replace(at, positions=at.positions + begin - home), begin

    outside, begin = turning(limits.upper[0] + 5e-6)
    assert sample_densely(outside, MotionState.at_rest(begin), LOOKS).position[:, 0].max() < limits.upper[0]
    refused(TrajectoryFilter(wide, arm), outside, home, "'panda_joint1' position", state=measured(begin))
    inside, begin = turning(limits.upper[0] - 5e-6)
    assert TrajectoryFilter(wide, arm).check(inside, NOW, NOW, measured(begin)).kind == "accepted"


def test_the_first_point_must_be_reachable(judge, good, home):
    # The controller is at home, the arm is measured 0.3 rad away: 1.5 rad/s * 0.1 s + 0.05 rad = 0.2 rad is reach.
    elsewhere = measured(home + 0.3 * np.eye(7)[0])
    refused(judge, good, home, "expected at most 0.200 rad", state=elsewhere,
            following=Following(good, MotionState.at_rest(home), NOW))  # fmt: skip


def test_it_must_continue_what_the_controller_follows(judge, limits, good, home):
    # The controller moves at 0.5 rad/s the other way; a proposal that starts from rest would jerk it.
    path = home - 0.1 * np.arange(1, 6)[:, None] * np.eye(7)[0]
    other = parameterise(MotionState.at_rest(home), path, 0.2, limits)
    following = Following(other, MotionState.at_rest(home), NOW - 0.5)
    there = sample(other, MotionState.at_rest(home), 0.5)
    shifted = replace(good, positions=good.positions + there.position - home)
    says, state = "while joining the motion under way", measured(there.position)
    refused(judge, shifted, home, says, state=state, following=following)
    path = there.position + 0.02 * np.arange(1, 6)[:, None] * np.eye(7)[0]
    smooth = parameterise(there, path, 0.2, limits)
    assert judge.check(smooth, NOW, NOW, measured(there.position), following).kind == "accepted"


def test_a_start_outside_the_workspace_may_only_come_back(judge, arm, home, robot):
    down = np.array(robot.tool_orientation)
    place = arm.forward(home).position
    outside, further, back = (
        arm.inverse(Pose(np.array([place[0], place[1], height]), down), home) for height in (0.02, 0.015, 0.05)
    )
    assert judge.check(one_point(1.2, back), NOW, NOW, measured(outside)).kind == "accepted"
    refused(judge, one_point(1.2, further), home, "tool z = 0.015", state=measured(outside))


def test_the_way_back_into_the_workspace_takes_few_looks(limits, arm, home):
    # The guard looks while the arm waits: thousands of looks would make every proposal late, and the arm stay outside.
    class Looks:
        count = 0

        def forward(self, joints):
            self.count += 1
            return arm.forward(joints)

    looks = Looks()
    judge = TrajectoryFilter(replace(limits, workspace_lower=limits.workspace_lower + [0.0, 0.0, 0.4]), looks)
    looks.count = 0
    place = arm.forward(home).position
    back = arm.inverse(Pose(place + [0.0, 0.0, 0.05]), home)
    assert place[2] + 0.05 < limits.workspace_lower[2] + 0.4  # outside all the way
    assert judge.check(one_point(1.2, back), NOW, NOW, measured(home)).kind == "accepted"
    assert looks.count < 4000


def test_a_start_outside_the_joint_limits_may_only_come_back(limits, arm, home):
    wide = replace(limits, workspace_lower=np.full(3, -9.0), workspace_upper=np.full(3, 9.0))
    judge = TrajectoryFilter(wide, arm)
    outside = home.copy()
    outside[0] = limits.upper[0] + 0.05
    assert judge.check(one_point(1.0, outside - 0.1 * np.eye(7)[0]), NOW, NOW, measured(outside)).kind == "accepted"
    refused(judge, one_point(1.0, outside + 0.02 * np.eye(7)[0]), home, "position", state=measured(outside))


def test_the_filter_remembers_nothing(judge, good, home):
    before = judge.check(good, NOW, NOW, measured(home))
    judge.check(replace(good, velocities=None), NOW, NOW, measured(home))
    after = judge.check(good, NOW, NOW, measured(home))
    assert np.array_equal(before.trajectory.positions, after.trajectory.positions) and after.kind == before.kind


def test_the_configuration_counts(limits, arm, good, home):
    strict = TrajectoryFilter(limits, arm, SafetyConfig(horizon=0.5))
    refused(strict, good, home, "expected at most 0.5 s")


def corrupt(random, trajectory):
    """One of many ways to be wrong, from barely to wildly."""
    size = 10.0 ** random.uniform(-6, 0)
    field = random.choice(["times", "positions", "velocities", "accelerations"])
    values = getattr(trajectory, field)
    kind = random.integers(5)
    if kind == 0:
        values = values * (1.0 + size * random.choice([-0.5, 1.0]))
    elif kind == 1:
        values = values + random.normal(0.0, size, values.shape)
    elif kind == 2:
        values = values + random.normal(0.0, size, values.shape[1:])
    elif kind == 3:
        values = values.copy()
        values[random.integers(len(values))] = random.choice([np.nan, np.inf, 1e9, -1e9, 0.0])
    return replace(trajectory, **{field: values})


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_nothing_outside_the_limits_ever_comes_out(judge, limits, arm, home, seed):
    random = np.random.default_rng(seed)
    passed = {"accepted": 0, "clipped": 0, "rejected": 0}
    for case in range(1000):
        if case % 40 == 0:
            now, following, state = 100.0 + case, None, MotionState.at_rest(home)
        steps = random.uniform(-1, 1, 7) * 0.1 * limits.velocity * random.uniform()
        path = np.clip(state.position + np.arange(1, 6)[:, None] * steps, limits.lower + 0.01, limits.upper - 0.01)
        proposal = parameterise(state, path, 0.2, limits)
        if case % 2:
            proposal = corrupt(random, proposal)
        stamp, now = now, now + random.uniform(0.0, 0.03)
        with np.errstate(all="ignore"):
            verdict = judge.check(proposal, stamp, now, JointState(state.position, np.zeros(7), stamp), following)
        passed[verdict.kind] += 1
        if verdict.trajectory is not None:
            begin = MotionState.at_rest(state.position)
            if following is not None:
                begin = sample(following.trajectory, following.start, now - following.since)
            assert len(find_outside(verdict.trajectory, begin, limits, arm)) == 0, verdict
            following = Following(verdict.trajectory, begin, now)
        now += 0.1
        if following is not None:
            state = sample(following.trajectory, following.start, now - following.since)
    assert min(passed.values()) > 10, passed  # each answer was given, so the test means something
