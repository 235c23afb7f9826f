"""The tabletop keeps the environment's contract: seeded, reachable, honest about distance."""

import numpy as np
import pytest

from sim.environment import PandaTabletop
from sim.tasks import TASKS
from sim.tasks.reach import REACH_DISTANCE
from wm_core.protocols import Environment
from wm_core.types import Command


@pytest.fixture(scope="module")
def table(tabletop):
    return tabletop(image_size=64)


def test_it_is_an_environment(table):
    assert isinstance(table, Environment)
    assert table.task == "reach" and table.obstacles == ()


@pytest.mark.parametrize("task", TASKS)
def test_the_same_seed_is_the_same_episode(tabletop, task):
    environment = tabletop(task=task, look=0.5, views=2)

    def play(seed):
        first = environment.reset(seed)
        stages = environment.stages(seed)
        nudge = np.array([0.05, -0.05, 0.05, 0.05, 0.05, -0.05, 0.05])
        moved = [environment.step(Command(first.joints.position + nudge, 1), 0.2) for _ in range(3)]
        pictures = [seen.image for seen in (first, *moved)] + [stage.goal.image for stage in stages]
        pictures += [*moved[-1].other_views, *stages[-1].goal.other_views]
        return pictures, moved[-1].joints.position, environment.object_position()

    before, other, after = play(11), play(12), play(11)
    for left, right in zip(before[0], after[0], strict=True):
        np.testing.assert_array_equal(left, right)
    np.testing.assert_array_equal(before[1], after[1])
    np.testing.assert_array_equal(before[2], after[2])
    assert not np.array_equal(before[0][0], other[0][0])


def test_starts_lie_as_far_away_as_the_task_says(table):
    for seed in range(20):
        table.reset(seed)
        table.stages(seed)
        assert REACH_DISTANCE[0] <= table.outcome().distance <= REACH_DISTANCE[1]


def test_stepping_blindly_is_the_same_but_for_the_picture(table):
    commands = [Command(table.reset(5).joints.position + 0.05 * row, 1) for row in (1, 2)]
    for command in commands:
        seen = table.step(command, 0.2)
    table.reset(5)
    for command in commands:
        assert table.advance(command, 0.2) is None
    np.testing.assert_array_equal(table.observe().image, seen.image)
    np.testing.assert_array_equal(table.observe().joints.position, seen.joints.position)


@pytest.mark.parametrize("task", TASKS)
def test_taking_the_goals_picture_leaves_the_scene_as_it_was(tabletop, task):
    table = tabletop(task=task)
    before, part, opening = table.reset(3), table.object_position(), table.observe().gripper
    table.stages(3)
    after = table.observe()
    np.testing.assert_array_equal(before.image, after.image)
    np.testing.assert_array_equal(before.joints.position, after.joints.position)
    np.testing.assert_array_equal(part, table.object_position())
    # The servos are given their old targets back, too: nothing moves by itself.
    later = table.step(Command(before.joints.position), 0.2)
    assert np.abs(later.joints.position - before.joints.position).max() < 1e-3
    assert later.gripper == pytest.approx(opening, abs=1e-3)


def test_the_goals_picture_is_what_the_camera_sees_there(table):
    table.reset(4)
    position = np.array([0.5, 0.1, 0.3])
    joints = table.stages_at(position, "joints")[0].goal.joints
    goal = table.stages_at(position, "image")[0].goal
    for _ in range(10):
        seen = table.step(Command(joints), 0.2)
    assert table.outcome().success and table.outcome().distance < 0.002
    # The servos rest within a millimetre: a few edge pixels may differ.
    assert np.mean(np.abs(seen.image.astype(int) - goal.image.astype(int)) > 30) < 0.01


@pytest.mark.parametrize("task", TASKS)
def test_an_image_goal_carries_images_and_nothing_else(tabletop, task):
    table = tabletop(task=task)
    table.reset(5)
    for stage in table.stages(5, "image"):
        assert stage.goal.kind == "image" and stage.steps > 0


def test_a_step_brings_the_joints_where_they_should_be(table):
    start = table.reset(6).joints.position
    target = start + np.array([0.05, -0.05, 0.05, 0.05, 0.05, -0.05, 0.05])
    seen = table.step(Command(target), 0.2)
    assert np.abs(seen.joints.position - target).max() < 0.01  # 0.25 rad/s and a servo lag of a few ms
    assert seen.stamp == pytest.approx(0.2, abs=1e-6)


def test_every_camera_frame_of_a_step_is_shown_and_may_end_it(table):
    rest = table.reset(3).joints.position
    stamps = []
    after = table.step(Command(rest), 0.2, lambda seen: stamps.append(round(seen.stamp, 3)))
    assert stamps == [0.05, 0.1, 0.15] and after.stamp == pytest.approx(0.2)  # 20 Hz; the last one is returned
    there = rest + 0.05
    after = table.step(Command(there), 0.2, lambda seen: seen.stamp > 0.29)
    assert after.stamp == pytest.approx(0.3)
    assert np.abs(after.joints.position - there).max() > 0.01  # it was on its way


@pytest.mark.parametrize("task", TASKS)
def test_an_unknown_goal_kind_is_refused(tabletop, task):
    table = tabletop(task=task)
    table.reset(0)
    with pytest.raises(ValueError, match=f"goal kind 'smell' is not known to task '{task}'.*image"):
        table.stages(0, "smell")


def test_there_is_no_outcome_without_a_goal(table):
    table.reset(0)
    table.stages(0)
    table.reset(0)
    with pytest.raises(RuntimeError, match="no goal was given since the last reset"):
        table.outcome()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "juggle"}, "task 'juggle' is not known: expected one of: reach, push"),
        ({"views": 3}, "views = 3: expected 1 or 2"),
        ({"look": 1.5}, "look = 1.5: expected 0 to 1"),
        ({"look": float("nan")}, "look = nan: expected 0 to 1"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        PandaTabletop(**options)
