"""Distances by hand, and when a goal counts as reached or stuck."""

import numpy as np
import pytest

from wm_core.types import Goal, Pose
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


def test_a_pause_does_not_count_as_standstill():
    monitor = ProgressMonitor(settle_time=0.3, no_progress_time=5.0, smallest_gain=0.1)
    monitor.add(Reading(1.0, False), False, now=0.0)
    monitor.pause(4.0)
    monitor.add(Reading(1.0, False), False, now=4.5)
    assert not monitor.stuck(8.9)  # 0.5 s and 4.4 s since; the 4 s of the pause do not count
    assert monitor.stuck(9.1)
