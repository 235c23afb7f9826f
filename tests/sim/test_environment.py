"""The tabletop keeps the environment's contract: seeded, reachable, honest about distance."""

import numpy as np
import pytest

from sim.environment import REACH_DISTANCE, PandaTabletop
from wm_core.protocols import Environment


@pytest.fixture(scope="module")
def table():
    environment = PandaTabletop(image_size=64)
    yield environment
    environment.close()


def test_it_is_an_environment(table):
    assert isinstance(table, Environment)


def test_the_same_seed_is_the_same_scene(table):
    first, goal = table.reset(11), table.sample_goal(11)
    table.reset(12)
    again, goal_again = table.reset(11), table.sample_goal(11)
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.joints.position, again.joints.position)
    np.testing.assert_array_equal(goal.image, goal_again.image)
    assert not np.array_equal(first.image, table.reset(12).image)


def test_starts_lie_as_far_away_as_the_task_says(table):
    for seed in range(20):
        table.reset(seed)
        table.sample_goal(seed)
        assert REACH_DISTANCE[0] <= table.distance() <= REACH_DISTANCE[1]


def test_taking_the_goals_picture_leaves_the_scene_as_it_was(table):
    before = table.reset(3)
    table.sample_goal(3)
    after = table.observe()
    np.testing.assert_array_equal(before.image, after.image)
    np.testing.assert_array_equal(before.joints.position, after.joints.position)


def test_the_goals_picture_is_what_the_camera_sees_there(table):
    table.reset(4)
    position = np.array([0.5, 0.1, 0.3])
    goal = table.goal_at(position, "image")
    joints = table.goal_at(position, "joints").joints
    for _ in range(10):
        seen = table.step(joints, 0.2)
    assert table.distance() < 0.002
    # The servos rest within a millimetre: a few edge pixels may differ.
    assert np.mean(np.abs(seen.image.astype(int) - goal.image.astype(int)) > 30) < 0.01


def test_an_image_goal_carries_an_image_and_nothing_else(table):
    table.reset(5)
    goal = table.sample_goal(5, "image")
    assert goal.kind == "image" and goal.pose is None and goal.joints is None


def test_a_step_brings_the_joints_where_they_should_be(table):
    start = table.reset(6).joints.position
    target = start + np.array([0.05, -0.05, 0.05, 0.05, 0.05, -0.05, 0.05])
    seen = table.step(target, 0.2)
    assert np.abs(seen.joints.position - target).max() < 0.01  # 0.25 rad/s and a servo lag of a few ms
    assert seen.stamp == pytest.approx(0.2, abs=1e-6)


def test_an_unknown_goal_kind_is_refused(table):
    table.reset(0)
    with pytest.raises(ValueError, match="goal kind 'smell' is not known"):
        table.sample_goal(0, "smell")
