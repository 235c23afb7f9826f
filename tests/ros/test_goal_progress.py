"""Distances by hand, and when a goal counts as reached or stuck."""

from dataclasses import replace

import numpy as np
import pytest

from wm_core.types import Goal, Handled, Handling, Phase, Pose
from wm_ros.goal_meter import GoalMeter, Reading
from wm_ros.progress import ProgressMonitor


class Rail:
    """Kinematics of two sliding joints: the tool is at (q0, q1, 0), turned by nothing."""

    def forward(self, joints):
        return Pose(np.array([joints[0], joints[1], 0.0]), np.array([0.0, 0.0, 0.0, 1.0]))


def read(goal, joints, target=None):
    return GoalMeter(goal, Rail(), target).read(np.array(joints))


def test_a_pose_goal_is_measured_in_metres():
    goal = Goal(pose=Pose(np.array([0.3, 0.4, 0.0])), position_tolerance=0.1)
    assert read(goal, [0.0, 0.0]).distance == pytest.approx(0.5)  # 3-4-5 triangle
    assert not read(goal, [0.0, 0.0]).within
    assert read(goal, [0.3, 0.35]).within


def test_orientation_counts_where_it_is_given():
    half = np.array([0.0, 0.0, 1.0, 0.0])  # half a turn about z
    goal = Goal(pose=Pose(np.zeros(3), half), orientation_tolerance=3.1)
    assert not read(goal, [0.0, 0.0]).within  # pi > 3.1
    assert read(Goal(pose=Pose(np.zeros(3), -np.array([0.0, 0.0, 0.0, 1.0]))), [0.0, 0.0]).within  # -q is q


def test_what_is_left_to_turn_is_told_where_the_goal_says_how_the_tool_is_turned():
    quarter = np.array([0.0, 0.0, 1.0, 1.0]) / np.sqrt(2.0)  # of a whole turn about z
    assert read(Goal(pose=Pose(np.zeros(3), quarter)), [0.0, 0.0]).turn == pytest.approx(np.pi / 2)
    assert read(Goal(pose=Pose(np.zeros(3))), [0.0, 0.0]).turn == 0.0


def test_a_joint_goal_is_measured_by_its_worst_joint():
    goal = Goal(joints=np.array([1.0, 2.0]), joint_tolerance=0.05)
    assert read(goal, [0.96, 1.8]).distance == pytest.approx(0.2)
    assert read(goal, [0.96, 2.04]).within


def test_an_image_goal_is_measured_to_where_the_model_reads_the_tool():
    goal = Goal(image=np.zeros((2, 2, 3), np.uint8), position_tolerance=0.03)
    assert read(goal, [0.0, 0.1], np.array([0.0, 0.12, 0.0])) == Reading(pytest.approx(0.02), True)


def test_an_image_goal_that_the_model_cannot_read_is_never_within():
    reading = read(Goal(image=np.zeros((2, 2, 3), np.uint8)), [0.0, 0.0])
    assert np.isnan(reading.distance) and not reading.within


class Reader:
    """Reads an object this far from where it shall be, m, whatever is seen."""

    def __init__(self, distance):
        self._distance = distance

    def distance(self, observations):
        return self._distance


def test_a_position_is_measured_by_where_the_object_is_read():
    goal = Goal(object_position=np.array([0.5, 0.0, 0.0]), position_tolerance=0.03)
    assert GoalMeter(goal, Rail(), None, [Reader(0.04)]).read(np.zeros(2)) == Reading(0.04, False)
    assert GoalMeter(goal, Rail(), None, [Reader(0.02)]).read(np.zeros(2)) == Reading(0.02, True)
    # The tool of a mixture counts, too: it is 30 cm off.
    both = replace(goal, pose=Pose(np.array([0.3, 0.0, 0.0])))
    assert GoalMeter(both, Rail(), None, [Reader(0.02)]).read(np.zeros(2)) == Reading(pytest.approx(0.3), False)


def test_an_object_to_be_lifted_is_there_when_the_hand_has_left_it():
    goal = Goal(object_position=np.array([0.5, 0.0, 0.0]), handling=Handling.LIFT)
    there, short = (GoalMeter(goal, Rail(), None, [Reader(distance)]) for distance in (0.01, 0.05))
    assert there.read(np.zeros(2)) == Reading(0.01, False)  # before the first plan
    assert there.read(np.zeros(2), (), Handled(Phase.CARRY, 0.0)) == Reading(0.01, False, Phase.CARRY)
    assert there.read(np.zeros(2), (), Handled(Phase.LEAVE, 0.0)) == Reading(0.01, False, Phase.LEAVE)
    assert there.read(np.zeros(2), (), Handled(Phase.LEAVE, 0.0, away=True)) == Reading(0.01, True, Phase.LEAVE)
    assert not short.read(np.zeros(2), (), Handled(Phase.LEAVE, 0.0, away=True)).within


def test_reached_needs_rest_at_the_goal_for_the_settle_time():
    monitor = ProgressMonitor(settle_time=0.3, no_progress_time=5.0, smallest_gain=0.03)
    monitor.add(Reading(0.01, True), at_rest=False, now=0.0)
    assert not monitor.settling()
    monitor.add(Reading(0.01, True), at_rest=True, now=1.0)
    assert monitor.settling() and not monitor.reached(1.2)
    assert monitor.reached(1.3)
    monitor.add(Reading(0.04, False), at_rest=True, now=1.4)
    assert not monitor.reached(2.0)


def test_stuck_after_too_long_without_a_gain():
    monitor = ProgressMonitor(settle_time=0.3, no_progress_time=5.0, smallest_gain=0.1)
    monitor.add(Reading(1.0, False), False, now=0.0)
    monitor.add(Reading(0.95, False), False, now=4.0)  # 5 % of the best is no gain
    assert not monitor.stuck(5.0)
    assert monitor.stuck(5.1)
    monitor.add(Reading(0.8, False), False, now=5.2)  # 20 % is
    assert not monitor.stuck(10.0)


def test_turning_is_progress_where_the_tool_already_is():
    monitor = ProgressMonitor(settle_time=0.3, no_progress_time=5.0, smallest_gain=0.1)
    for now, turn in ((0.0, 2.0), (4.0, 1.5), (8.0, 1.0)):
        monitor.add(Reading(0.0, False, turn=turn), False, now)
        assert not monitor.stuck(now + 4.9)
    monitor.add(Reading(0.0, False, turn=0.95), False, now=12.0)  # 5 % of the best is no gain
    assert monitor.stuck(13.1)


def test_an_arm_that_still_moves_at_the_goal_is_not_stuck():
    monitor = ProgressMonitor(settle_time=0.3, no_progress_time=5.0, smallest_gain=0.1)
    monitor.add(Reading(0.01, True), at_rest=False, now=0.0)
    monitor.add(Reading(0.01, True), at_rest=False, now=9.0)
    assert not monitor.stuck(9.0)
    monitor.add(Reading(0.04, False), at_rest=False, now=9.1)
    assert monitor.stuck(9.1)


def test_a_pause_does_not_count_as_standstill():
    monitor = ProgressMonitor(settle_time=0.3, no_progress_time=5.0, smallest_gain=0.1)
    monitor.add(Reading(1.0, False), False, now=0.0)
    monitor.pause(4.0)
    monitor.add(Reading(1.0, False), False, now=4.5)
    assert not monitor.stuck(8.9)  # 0.5 s and 4.4 s since; the 4 s of the pause do not count
    assert monitor.stuck(9.1)


def test_another_phase_is_progress():
    monitor = ProgressMonitor(settle_time=0.3, no_progress_time=5.0, smallest_gain=0.1)
    for now, phase in ((0.0, Phase.APPROACH), (4.0, Phase.CLOSE), (8.0, Phase.LIFT)):
        monitor.add(Reading(1.0, False, phase), False, now)
        assert not monitor.stuck(now + 4.9)
    monitor.add(Reading(0.2, False, Phase.CARRY), False, now=12.0)
    monitor.add(Reading(1.0, False, Phase.APPROACH), False, now=12.2)  # lost
    monitor.add(Reading(0.8, False, Phase.APPROACH), False, now=16.2)  # from there on a gain is one on the 1.0
    assert not monitor.stuck(21.1) and monitor.stuck(21.3)
