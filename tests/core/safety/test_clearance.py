"""The guard knows declared boxes: no accepted motion brings the body nearer to one than the margin, however thin it is."""

import numpy as np
import pytest

from wm_core.config import ConfigError, ObstacleConfig, RobotConfig, SafetyConfig
from wm_core.interpolation import sample_many
from wm_core.safety import Body, Clearance, TrajectoryFilter
from wm_core.types import JointState, MotionState, Pose, Trajectory

NOW = 10.0
MARGIN = SafetyConfig().clearance
SHEET = ObstacleConfig(name="sheet", lower=(0.3, -0.0005, 0.0), upper=(0.7, 0.0005, 0.25))  # m, 1 mm thick, on the table


@pytest.fixture
def at(arm, robot):
    """at(x, y, z) m -> (J,) rad with the tool there, pointing down."""
    return lambda *place: arm.inverse(Pose(np.array(place), np.array(robot.tool_orientation)), np.array(robot.home))


def with_one_sphere(robot, radius):
    """The same arm with a body of one sphere, in the middle of its flange, 10.5 cm above the tool. radius: m."""
    sphere = {"joint": "panda_joint7", "offset": (0.0, 0.0, 0.107), "radius": radius}
    return RobotConfig.model_validate(robot.model_dump() | {"body": (sphere,)})


@pytest.fixture
def flange(robot):
    """A sphere of 2 cm."""
    return with_one_sphere(robot, 0.02)


@pytest.fixture
def clear(limits, arm, robot):
    """clear(box, ..., robot=...) -> what looks for motion that comes too near to them."""
    return lambda *boxes, robot=robot: Clearance(Body(robot, arm.chain()), boxes, limits, MARGIN)


@pytest.fixture
def judge(limits, arm, clear):
    """judge(box, ..., robot=...) -> the filter that knows them; without any, the one that knows none."""

    def make(*boxes, **options):
        return TrajectoryFilter(limits, arm, clearance=clear(*boxes, **options) if boxes else None)

    return make


def moving(names, end, seconds=1.2):
    """From rest to rest: one segment, nothing said of what is in between."""
    return Trajectory(names, np.array([seconds]), end[None], np.zeros((1, len(end))), np.zeros((1, len(end))))


def in_points(trajectory, start):
    """The same motion, with a point every 50 ms or so as the planner sends them."""
    times = np.linspace(0.0, trajectory.times[-1], 1 + round(trajectory.times[-1] / 0.05))[1:]
    motion = sample_many(trajectory, MotionState.at_rest(start), times)
    return Trajectory(trajectory.names, times, motion.position, motion.velocity, motion.acceleration)


def asked(judge, start, end, seconds=1.2):
    """The verdict on going there from rest."""
    state, way = JointState(start, np.zeros(len(start)), NOW), moving(judge.limits.names, end, seconds)
    return judge.check(in_points(way, start), NOW, NOW, state)


class TestBody:
    def test_it_is_where_the_tool_is(self, arm, robot):
        # The tool as a point of the last joint's frame: the last placement of the chain.
        offset = tuple(arm.chain().placements[-1][:3, 3])
        sphere = {"joint": "panda_joint7", "offset": offset, "radius": 0.01}
        body = Body(RobotConfig.model_validate(robot.model_dump() | {"body": (sphere,)}), arm.chain())
        joints = np.random.default_rng(0).uniform(arm.lower, arm.upper, (20, 7))
        tool = [arm.forward(row).position for row in joints]
        assert body.positions(joints)[:, 0] == pytest.approx(np.array(tool), abs=1e-9)

    def test_no_sphere_travels_farther_than_the_levers_say(self, arm, robot):
        random, body = np.random.default_rng(0), Body(robot, arm.chain())
        joints = random.uniform(arm.lower, arm.upper, (500, 7))
        turns = random.normal(0.0, 0.01, (500, 7))
        way = np.linalg.norm(body.positions(joints + turns) - body.positions(joints), axis=-1).max(axis=1)
        assert (way <= np.abs(turns) @ body.levers).all()
        # Stretched out, the first two joints move the fingers by all of it but for the offset of the flange.
        assert body.levers[0] == pytest.approx(0.316 + 0.0825 + np.hypot(0.0825, 0.384) + 0.088 + 0.2128, abs=1e-3)

    def test_a_robot_without_a_body_is_refused(self, arm, robot):
        with pytest.raises(ConfigError, match="robot 'panda' has no body"):
            Body(robot.model_copy(update={"body": ()}), arm.chain())


class TestThinWall:
    def test_through_is_refused_though_both_ends_are_clear(self, judge, at):
        # The hand is 20 cm wide: 16 cm aside it is 6 cm clear, and half-way the fingers are 5 cm below the upper edge.
        start, end = at(0.5, -0.16, 0.2), at(0.5, 0.16, 0.2)
        assert asked(judge(), start, end).kind == "accepted"
        for still in (start, end):
            assert asked(judge(SHEET), still, still).kind == "accepted"
        verdict = asked(judge(SHEET), start, end)
        assert verdict.kind == "rejected" and verdict.trajectory is None
        assert "m of 'panda_joint7' would be -0.0" in verdict.reason and "from obstacle 'sheet' at 0." in verdict.reason
        assert "expected at least 0.0050 m" in verdict.reason

    def test_a_sheet_is_not_jumped_over_at_full_speed(self, judge, robot, home):
        # Joint 1 alone, at up to 1.4 of its 1.5 rad/s: the flange is 0.55 m from the axis, and 1 mm lasts 1.3 ms.
        # Looks 4 cm of `travel` apart, half of that in truth, would miss some of these places.
        bead, start, end = with_one_sphere(robot, 0.001), home.copy(), home.copy()
        start[0], end[0] = -0.4, 0.4
        assert asked(judge(), start, end, 1.07).kind == "accepted"
        for y in np.arange(0.0, 0.03, 0.001):
            wall = ObstacleConfig(name="sheet", lower=(0.3, y, 0.0), upper=(0.9, y + 0.001, 0.9))
            assert "from obstacle 'sheet'" in asked(judge(wall, robot=bead), start, end, 1.07).reason, y

    def test_over_it_is_accepted(self, judge, at):
        assert asked(judge(SHEET), at(0.5, -0.16, 0.45), at(0.5, 0.16, 0.45)).kind == "accepted"

    def test_the_motion_that_joins_is_looked_at_too(self, clear, flange, limits, at):
        # Going where it is while it still moves up at 0.1 m/s: it swings out by more than the 2 mm that are left.
        start = at(0.5, 0.0, 0.2)
        up = 10.0 * (at(0.5, 0.0, 0.21) - start)
        lid = ObstacleConfig(name="lid", lower=(0.4, -0.1, 0.305 + 0.02 + MARGIN + 0.002), upper=(0.6, 0.1, 0.9))
        clearance, back = clear(lid, robot=flange), moving(limits.names, start, 0.3)
        assert clearance.violation(back, MotionState.at_rest(start)) is None
        found = clearance.violation(back, MotionState(start, up, np.zeros(7)))
        assert "from obstacle 'lid'" in found.text and 0.0 < found.time < 0.3


class TestTooNear:
    """An arm that stands nearer than the margin: 5 mm."""

    @pytest.mark.parametrize("gap", [0.002, 0.0, -0.01])  # m; below zero it overlaps
    def test_it_may_go_away_and_stay_and_come_no_nearer(self, judge, flange, at, gap):
        lid = ObstacleConfig(name="lid", lower=(0.4, -0.1, 0.305 + 0.02 + gap), upper=(0.6, 0.1, 0.9))
        start, guarding = at(0.5, 0.0, 0.2), judge(lid, robot=flange)
        assert asked(guarding, start, at(0.5, 0.0, 0.17)).kind == "accepted"
        assert asked(guarding, start, start).kind == "accepted"
        nearer = asked(guarding, start, at(0.5, 0.0, 0.203))
        assert nearer.kind == "rejected" and "from obstacle 'lid'" in nearer.reason

    def test_on_the_way_out_it_may_not_turn_back(self, judge, flange, limits, at):
        start, out, back = at(0.5, 0.0, 0.2), at(0.5, 0.0, 0.197), at(0.5, 0.0, 0.199)
        lid = ObstacleConfig(name="lid", lower=(0.4, -0.1, 0.305 + 0.02), upper=(0.6, 0.1, 0.9))  # touched at first
        still = np.zeros((2, 7))
        there = Trajectory(limits.names, np.array([0.5, 1.0]), np.stack([out, back]), still, still)
        verdict = judge(lid, robot=flange).check(there, NOW, NOW, JointState(start, np.zeros(7), NOW))
        # 3 mm away, then 1 mm: at least as much as before, less 0.1 mm, was expected.
        assert verdict.kind == "rejected" and "would be 0.001" in verdict.reason and "at least 0.0029 m" in verdict.reason

    def test_away_from_one_it_may_not_come_too_near_to_another(self, judge, flange, at):
        lid = ObstacleConfig(name="lid", lower=(0.4, -0.1, 0.305 + 0.02), upper=(0.6, 0.1, 0.9))
        floor = ObstacleConfig(name="shelf", lower=(0.4, -0.1, 0.2), upper=(0.6, 0.1, 0.305 - 0.02 - 0.02))
        start, guarding = at(0.5, 0.0, 0.2), judge(lid, floor, robot=flange)
        assert asked(guarding, start, at(0.5, 0.0, 0.19)).kind == "accepted"  # 1 cm from both
        assert "from obstacle 'shelf'" in asked(guarding, start, at(0.5, 0.0, 0.182)).reason


def gap(body, boxes, joints):
    """(R, J) rad -> the least m between body and boxes, by the corners' own formula."""
    middles = body.positions(joints)
    nearest = [np.clip(middles, box.lower, box.upper) for box in boxes]
    return min(float((np.linalg.norm(middles - near, axis=-1) - body.radii).min()) for near in nearest)


@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_accepted_is_clear_at_every_millisecond(clear, arm, robot, limits, home, seed):
    random, body, answers = np.random.default_rng(seed), Body(robot, arm.chain()), {"accepted": 0, "refused": 0}
    for _ in range(100):
        lower = arm.forward(home).position + random.uniform(-0.3, 0.2, 3)
        boxes = [ObstacleConfig(name="box", lower=tuple(lower), upper=tuple(lower + random.uniform(0.001, 0.15, 3)))]
        start, end = home + random.normal(0.0, 0.25, (2, 7))
        if gap(body, boxes, start[None]) < MARGIN:
            continue
        motion, rest = moving(limits.names, end, 1.4), MotionState.at_rest(start)
        refused = clear(*boxes).violation(motion, rest) is not None
        least = gap(body, boxes, sample_many(motion, rest, np.arange(0.0, 1.4, 1e-3)).position)
        answers["refused" if refused else "accepted"] += 1
        # Up to 1 mm, half of `FINE`, may be unseen.
        assert least < MARGIN if refused else least >= MARGIN - 0.001
    assert min(answers.values()) > 10, answers  # each answer was given, so the test means something
