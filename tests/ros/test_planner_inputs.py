"""Stale, missing and frozen inputs are errors that name the input, not frames."""

import numpy as np
import pytest

from wm_core.gripper import Gripper
from wm_core.history import ObservationHistory
from wm_core.types import JointState
from wm_ros.freshness import InputError
from wm_ros.paired_views import PairedViews
from wm_ros.planner_inputs import CAMERA, WATCH_CAMERA, PlannerInputs


@pytest.fixture
def inputs():
    return PlannerInputs(ObservationHistory(2, 0.2, 0.1), max_frame_age=0.5, max_state_age=0.25, frozen_after=1.0)


def joints(stamp, velocity=0.0, position=0.0):
    return JointState(np.array([position]), np.array([velocity]), stamp)


def image(value=0):
    return np.full((4, 4, 3), value, np.uint8)


def test_nothing_yet_is_an_error_that_names_the_input(inputs):
    with pytest.raises(InputError, match="joint_states: no message yet"):
        inputs.check(10.0, 10.0)
    inputs.add_joints(joints(10.0), 10.0)
    with pytest.raises(InputError, match="camera: no message yet"):
        inputs.check(10.0, 10.0)


def test_fresh_inputs_are_fine_and_silent_ones_are_not(inputs):
    inputs.add_joints(joints(10.0), 10.0)
    inputs.add_image(image(), 10.0, 10.0)
    inputs.check(10.2, 10.2)
    with pytest.raises(InputError, match="joint_states: no message for 0.3 s"):
        inputs.check(10.3, 10.3)
    inputs.add_joints(joints(10.6), 10.6)
    with pytest.raises(InputError, match="camera: no message for 0.6 s"):
        inputs.check(10.6, 10.6)
    inputs.add_image(image(), 10.7, 10.7)
    inputs.check(10.7, 10.7)


def test_an_old_stamp_is_an_error_though_it_came_just_now(inputs):
    inputs.add_joints(joints(10.0), 10.0)
    inputs.add_image(image(), 10.0, 10.0)
    with pytest.raises(InputError, match="do the clocks agree"):
        inputs.check(15.0, 10.0)


def test_the_reason_of_a_refusal_explains_the_silence(inputs):
    inputs.add_joints(joints(10.0), 10.0)
    inputs.refuse("camera", "image encoding '16UC1' is not supported")
    with pytest.raises(InputError, match="16UC1"):
        inputs.check(10.0, 10.0)
    inputs.add_image(image(), 10.1, 10.1)
    inputs.check(10.1, 10.1)


def test_a_repeated_stamp_is_no_new_frame(inputs):
    inputs.add_joints(joints(10.0), 10.0)
    inputs.add_image(image(), 10.0, 10.0)
    inputs.add_image(image(1), 10.0, 10.4)
    inputs.add_joints(joints(10.6), 10.6)
    with pytest.raises(InputError, match="camera: stamp 10.000"):
        inputs.check(10.6, 10.6)


def test_the_same_pixels_while_the_arm_moves_are_a_frozen_camera(inputs):
    for tick in range(12):  # a moving arm, the same picture, 0.1 s apart
        now = 10.0 + 0.1 * tick
        inputs.add_joints(joints(now, velocity=0.5), now)
        inputs.add_image(image(), now, now)
    with pytest.raises(InputError, match="frozen"):
        inputs.check(now, now)
    inputs.add_image(image(1), now + 0.1, now + 0.1)
    inputs.check(now + 0.1, now + 0.1)


def test_the_same_pixels_of_a_resting_arm_are_not(inputs):
    for tick in range(30):
        now = 10.0 + 0.1 * tick
        inputs.add_joints(joints(now), now)
        inputs.add_image(image(), now, now)
    inputs.check(now, now)


def test_the_window_takes_the_joints_of_the_frames_own_moment(inputs):
    for tick in range(5):
        inputs.add_joints(joints(10.0 + 0.1 * tick, position=float(tick)), 10.0)
    inputs.add_image(image(), 10.1, 10.4)
    inputs.add_image(image(), 10.31, 10.4)
    before, newest = inputs.window()
    assert (before.joints.position[0], newest.joints.position[0]) == (1.0, 3.0)


def test_where_nobody_looks_joint_states_are_enough():
    blind = PlannerInputs(None, max_frame_age=0.5, max_state_age=0.25, frozen_after=1.0)
    with pytest.raises(InputError, match="joint_states: no message yet"):
        blind.window()
    blind.add_joints(joints(10.0, position=1.0), 10.0)
    blind.check(10.2, 10.2)
    assert blind.problems(10.2, 10.2) == {"joint_states": ""}
    (seen,) = blind.window()
    assert (seen.joints.position[0], seen.stamp, seen.image.size) == (1.0, 10.0, 0)
    with pytest.raises(InputError, match="joint_states: no message for 0.3 s"):
        blind.check(10.3, 10.3)


def test_joint_states_whose_clock_went_back_start_afresh(inputs):
    inputs.add_joints(joints(10.0, position=1.0), 10.0)
    inputs.add_joints(joints(5.0, position=2.0), 10.1)
    assert inputs.measured().position.tolist() == [2.0]


def test_an_observation_has_the_fingers_of_its_own_moment(robot):
    inputs = PlannerInputs(ObservationHistory(1, 0.2, 0.1), 0.5, 0.25, 1.0, Gripper(robot.gripper))
    for tick in range(5):  # closing from 4 cm each, 1 cm every 0.1 s
        stamp = 10.0 + 0.1 * tick
        inputs.add_joints(joints(stamp), 10.0, JointState(np.full(2, 0.04 - 0.01 * tick), np.zeros(2), stamp))
    inputs.add_image(image(), 10.19, 10.4)
    assert inputs.window()[0].gripper == pytest.approx(2 * 0.02)


def test_frames_are_kept_for_as_long_as_was_asked():
    inputs = PlannerInputs(ObservationHistory(1, 0.2, 0.1), 0.5, 0.25, 1.0, remember=0.5)
    inputs.add_joints(joints(10.0), 10.0)
    for tick in range(11):
        inputs.add_image(image(), 10.0 + 0.1 * tick, 10.0)
    assert [frame.stamp for frame in inputs.frames()] == pytest.approx([10.5, 10.6, 10.7, 10.8, 10.9, 11.0])
    inputs.add_image(image(), 5.0, 10.0)  # the clock was set back
    assert [frame.stamp for frame in inputs.frames()] == [5.0]


@pytest.fixture
def two():
    """Inputs with a watch camera."""
    watched = ObservationHistory(1, 0.2, 0.1)
    return PlannerInputs(ObservationHistory(2, 0.2, 0.1), 0.5, 0.25, 1.0, watched=watched)


def test_a_watch_camera_has_to_see_as_well(two):
    two.add_joints(joints(10.0), 10.0)
    two.add_image(image(), 10.0, 10.0)
    with pytest.raises(InputError, match="watch_camera: no message yet"):
        two.check(10.0, 10.0)
    two.refuse(WATCH_CAMERA, "image encoding '16UC1' is not supported")
    with pytest.raises(InputError, match="watch_camera: .*16UC1"):
        two.check(10.0, 10.0)
    two.add_image(image(1), 10.0, 10.0, WATCH_CAMERA)
    two.check(10.0, 10.0)
    assert (two.watched().image[0, 0, 0], two.window()[-1].image[0, 0, 0]) == (1, 0)


def test_an_old_frame_of_the_watch_camera_is_an_error_beside_a_fresh_one_of_the_other(two):
    two.add_joints(joints(10.6), 10.6)
    two.add_image(image(), 10.0, 10.6, WATCH_CAMERA)  # it took 0.6 s to come
    two.add_image(image(), 10.6, 10.6)
    with pytest.raises(InputError, match="watch_camera: stamp is 0.60 s old, expected at most 0.50 s"):
        two.check(10.6, 10.6)
    assert {part for part, problem in two.problems(10.6, 10.6).items() if problem} == {"watch_camera"}
    two.add_image(image(), 10.6, 10.6, WATCH_CAMERA)
    two.check(10.6, 10.6)


def test_a_frozen_watch_camera_is_named(two):
    for tick in range(12):  # a moving arm, 0.1 s apart: the one picture changes, the other does not
        now = 10.0 + 0.1 * tick
        two.add_joints(joints(now, velocity=0.5), now)
        two.add_image(image(tick), now, now)
        two.add_image(image(), now, now, WATCH_CAMERA)
    with pytest.raises(InputError, match="watch_camera: frozen"):
        two.check(now, now)


def test_the_cameras_have_listeners_of_their_own(two):
    came, watched = [], []
    two.listen(came.append, watched.append)
    two.add_joints(joints(10.0), 20.0)
    two.add_image(image(), 10.0, 20.1)
    two.add_image(image(), 10.0, 20.2, WATCH_CAMERA)
    two.add_image(image(), 10.0, 20.3, WATCH_CAMERA)  # a stamp that came before
    assert (came, watched) == ([20.1], [20.2])


@pytest.fixture
def paired():
    """Inputs of a model of two views."""
    views = PairedViews(WATCH_CAMERA, ObservationHistory(2, 0.2, 0.1), 0.05, 0.5)
    watched = ObservationHistory(1, 0.2, 0.1)
    return PlannerInputs(ObservationHistory(2, 0.2, 0.1), 0.5, 0.25, 1.0, watched=watched, paired=views)


@pytest.mark.parametrize(("silent", "other"), [(CAMERA, WATCH_CAMERA), (WATCH_CAMERA, CAMERA)])
def test_of_two_views_the_camera_that_is_silent_is_named_and_the_other_is_not(paired, silent, other):
    for tick in range(20):
        now = 10.0 + 0.1 * tick
        paired.add_joints(joints(now), now)
        for part in (CAMERA, WATCH_CAMERA):
            if part == other or tick < 5:
                paired.add_image(image(), now, now, part)
    problems = paired.problems(now, now)
    assert {part for part, problem in problems.items() if problem} == {silent} and "no message for" in problems[silent]
    with pytest.raises(InputError, match=f"^{silent}: no message for"):
        paired.check(now, now)


def test_two_views_that_never_show_one_moment_are_laid_to_the_second_camera(paired):
    for tick in range(20):
        now = 10.0 + 0.2 * tick
        paired.add_joints(joints(now + 0.1), now)
        paired.add_image(image(), now, now)
        paired.add_image(image(), now + 0.1, now, WATCH_CAMERA)
    assert {part: problem for part, problem in paired.problems(now, now).items() if problem} == {
        WATCH_CAMERA: "no picture within 0.05 s of one of the first camera's"
    }


def test_whoever_listens_is_told_when_each_usable_frame_came(inputs):
    came = []
    inputs.listen(came.append)
    inputs.add_image(image(), 10.0, 20.0)  # without joints it is no observation
    inputs.add_joints(joints(10.0), 20.1)
    inputs.add_image(image(), 10.0, 20.2)
    inputs.add_image(image(), 10.0, 20.3)  # a stamp that came before
    inputs.add_image(image(), 10.1, 20.4)
    assert came == [20.2, 20.4]
    inputs.listen(None)
    inputs.add_image(image(), 10.2, 20.5)
    assert len(came) == 2
