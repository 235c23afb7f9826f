"""The planner node with a model that sees through two cameras, on a small one with random weights."""

import array
import io

import numpy as np
import pytest
import torch
from PIL import Image as Picture
from rclpy.lifecycle import TransitionCallbackReturn
from sensor_msgs.msg import CompressedImage, Image

from wm_core.config import ModelCardConfig, PlannerConfig, WorldModelConfig
from wm_core.model.checkpoint import save_world_model
from wm_core.model.world_model import JepaWorldModel
from wm_core.types import Focus, Goal, Handling, Pose
from wm_ros.conversions import array_to_image
from wm_ros.conversions.goal_messages import goal_to_action
from wm_ros.freshness import InputError
from wm_ros.outcome import Code

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE
SMALL = WorldModelConfig(image_size=16, visual_dim=8, joint_dim=4, channels=(4, 4), hidden=16, views=2)
HANDLING = SMALL.model_copy(update={"action_dim": 4, "gripper": True, "objects": True})
SECOND = "watch/image_raw"
PICTURE, OTHER, END, OTHER_END = np.random.default_rng(1).integers(0, 255, (4, 16, 16, 3), dtype=np.uint8)
FAR = Goal(image=END, other_views=(OTHER_END,), position_tolerance=1e-4)


@pytest.fixture
def save(tmp_path):
    """A model of this architecture on disk."""

    def save(config=SMALL):
        torch.manual_seed(0)
        card = ModelCardConfig(model=config, planner=PlannerConfig(samples=16, horizon=3))
        save_world_model(JepaWorldModel(config), card, tmp_path)
        return tmp_path

    return save


@pytest.fixture
def two(bench, save):
    """A planner before two cameras, which show `picture` and `other`."""

    def make(*arguments, model=SMALL):
        made = bench("-p", f"watch_camera_topic:={SECOND}", "-p", "no_progress_time:=60.0", *arguments, model=save(model))
        made.picture, made.other = PICTURE, OTHER
        second = made.node.create_publisher(Image, SECOND, 1)
        made.show_other = lambda: second.publish(array_to_image(made.other, made.now(), "second"))
        made.sights.append(made.show_other)
        made.second = second
        made.activate()
        return made

    return make


def seen_by(two):
    """The newest moment that is planned on; a busy machine loses frames, and lacks then for a while what the model needs of the past."""

    def look():
        try:
            return two.planner._inputs.window()[-1]
        except InputError:
            return None

    return two.until(look)


def test_it_plans_with_what_both_cameras_show(two):
    two = two()
    two.send(FAR, 60.0)
    statistics = two.until(lambda: two.statistics and two.statistics[-1], 20.0)
    assert statistics.goal_kind == "image" and "goal_latent" in [term.name for term in statistics.terms]
    model, seen = two.planner._tools.world_model, seen_by(two)
    assert (seen.image == PICTURE).all() and (seen.other_views[0] == OTHER).all()
    # Of resting pictures the model's distance stays the same; it is another one where the views change places.
    here, there = model.encode([seen, seen]), model.encode_goal(END, OTHER_END)
    assert statistics.realised_distance == pytest.approx(float(model.goal_distance(here, there)), rel=1e-4)
    assert statistics.realised_distance != pytest.approx(float(model.goal_distance(here, model.encode_goal(OTHER_END, END))), rel=1e-2)


@pytest.mark.parametrize("handling", [Handling.ANY, Handling.LIFT])
def test_the_distance_of_a_goal_about_the_object_is_read_from_both_pictures(two, handling):
    two = two(model=HANDLING)
    two.send(Goal(image=END, other_views=(OTHER_END,), focus=Focus.OBJECT, handling=handling, position_tolerance=1e-4), 60.0)
    statistics = two.until(lambda: two.statistics and two.statistics[-1], 20.0)
    model, seen = two.planner._tools.world_model, seen_by(two)
    here, there = model.encode([seen, seen]), model.encode_goal(END, OTHER_END)
    if handling is Handling.LIFT:  # by the probe, else by the metric
        expected = torch.linalg.vector_norm(model.object_position(here) - model.object_in(there))
    else:
        expected = model.goal_distance(here, there, Focus.OBJECT)
    assert statistics.distance == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.parametrize("late", ["first", "second"])
def test_pictures_of_one_moment_are_planned_with_though_one_camera_lags(two, monkeypatch, late):
    # 0.03 s apart is one moment, a picture before or after is none. One frame alone: a busy machine loses many.
    options = "-p", "camera_period:=0.06", "-p", "max_frame_age:=2.0"
    two = two(*options, model=SMALL.model_copy(update={"history": 1}))
    seen, planner = [], two.planner._tools.planner
    draft = planner.draft
    monkeypatch.setattr(planner, "draft", lambda observations, *rest: seen.append(observations[-1]) or draft(observations, *rest))
    begin, shown = two.now(), []

    def look():
        moment = int((two.now() - begin) / 0.05)  # both take theirs each 0.05 s, and one camera's come 0.15 s late
        if moment in shown:
            return
        shown.append(moment)
        for publisher, behind in ((two.camera, 3 * (late == "first")), (two.second, 3 * (late == "second"))):
            picture = np.full((16, 16, 3), (moment - behind) % 256, np.uint8)
            publisher.publish(array_to_image(picture, begin + 0.05 * (moment - behind), ""))

    two.sights = [two.show_joints, look]
    two.send(FAR, 60.0)
    two.until(lambda: len(seen) > 8, 20.0)
    pairs = [(int(each.image[0, 0, 0]), int(each.other_views[0][0, 0, 0])) for each in seen]
    assert all(first == second for first, second in pairs), pairs
    assert len(set(pairs)) > 4  # it goes on with the cameras


def test_without_its_second_camera_the_arm_holds_and_when_that_is_back_it_goes_on(two):
    two = two()
    two.send(FAR, 60.0)
    # What is missing at first is on show for a while.
    two.until(lambda: two.proposals and all(two.told.get(f"planner: {part}") == "received" for part in ("camera", "watch_camera")))
    two.errors.clear(), two.failing.clear()
    two.sights.remove(two.show_other)
    two.until(lambda: any("no message for" in error and "the arm holds" in error for error in two.errors))
    assert "planner: watch_camera" in two.failing and "planner: camera" not in two.failing
    count, told = len(two.proposals), len(two.errors)
    two.until(lambda: len(two.errors) > told)
    assert len(two.proposals) == count
    two.sights.append(two.show_other)
    two.until(lambda: len(two.proposals) > count + 5)


def test_an_encoding_of_the_second_camera_that_is_not_known_is_named_and_the_arm_holds(two):
    two = two()

    def show_depth():
        message = Image(height=8, width=8, encoding="16UC1", step=16, data=array.array("B", bytes(128)))
        message.header.stamp = two.node.get_clock().now().to_msg()
        two.second.publish(message)

    two.sights = [two.show_joints, two.show_image, show_depth]
    result = two.end(two.send(FAR, 1.0))
    assert result.code == Code.NOT_READY and "watch_camera: image encoding '16UC1' is not supported" in result.message
    assert two.proposals == []


def test_both_cameras_may_come_compressed(two):
    two = two("-p", "image_transport:=compressed")
    topics = "camera/image_raw/compressed", f"{SECOND}/compressed"
    cameras = [two.node.create_publisher(CompressedImage, topic, 1) for topic in topics]

    def show():
        for camera, picture in zip(cameras, (PICTURE, OTHER)):
            stream = io.BytesIO()
            Picture.fromarray(picture).save(stream, "PNG")
            message = CompressedImage(format="png", data=array.array("B", stream.getvalue()))
            message.header.stamp = two.node.get_clock().now().to_msg()
            camera.publish(message)

    two.sights = [two.show_joints, show]
    two.send(FAR, 60.0)
    two.until(lambda: two.proposals, 20.0)
    assert (seen_by(two).other_views[0] == OTHER).all()


@pytest.mark.parametrize(
    ("goal", "text"),
    [
        (Goal(image=END), "goal has 1 picture, and the model was trained with 2 cameras: expected an image and 1 in other_views"),
        (Goal(image=END, other_views=(END, END)), "goal has 3 pictures, and the model was trained with 2 cameras: expected an image and 1"),
        (Goal(pose=Pose(np.array([0.5, 0.0, 0.3])), other_views=(END,)), "goal has 1 picture in other_views and no image"),
    ],
)
def test_a_goal_of_another_number_of_pictures_is_refused(two, goal, text):
    two = two()
    result = two.end(two.send(goal))
    assert result.code == Code.INVALID_GOAL and text in result.message
    assert two.proposals == []


def test_a_second_picture_that_is_none_is_named(two):
    two = two()
    message = goal_to_action(FAR, two.names, "", 5.0)
    message.other_views[0].encoding = "16UC1"
    result = two.end(two.send(message))
    assert result.code == Code.INVALID_GOAL and "goal other_views[0]: image encoding '16UC1' is not supported" in result.message


def test_a_topic_that_carries_one_picture_is_refused(two):
    two = two()
    topic = two.node.create_publisher(Image, "planner/goal_image", 1)
    two.until(topic.get_subscription_count)
    topic.publish(array_to_image(END, 0.0, ""))
    two.until(lambda: two.says("goal_image refused: goal has 1 picture, and the model was trained with 2 cameras"))


def test_a_goal_of_another_number_of_pictures_leaves_the_one_that_runs_alone(two):
    two = two()
    running = two.send(FAR, 60.0)
    two.until(lambda: two.proposals, 20.0)
    assert two.end(two.send(Goal(image=END))).code == Code.INVALID_GOAL
    assert two.end(two.send(FAR)).code == Code.BUSY
    count = len(two.statistics)
    two.until(lambda: len(two.statistics) > count + 5)
    two.until(running.cancel_goal_async().done)
    assert two.end(running).code == Code.CANCELED


def test_a_goal_after_a_pause_is_planned_with_what_both_cameras_show_by_then(two):
    two = two()
    two.send(FAR, 60.0)
    two.until(lambda: two.proposals, 20.0)
    for grey in (50, 100):
        assert two.planner.trigger_deactivate() == SUCCESS
        two.picture, two.other = np.full((2, 16, 16, 3), grey, np.uint8) + np.array([0, 1], np.uint8)[:, None, None, None]
        assert two.planner.trigger_activate() == SUCCESS
        two.statistics.clear()
        running = two.send(FAR, 60.0)
        two.until(lambda: len(two.statistics) > 3, 20.0)
        seen = seen_by(two)
        assert (seen.image == grey).all() and (seen.other_views[0] == grey + 1).all()
    two.until(running.cancel_goal_async().done)


def test_pictures_may_be_of_other_sizes_and_change_them(two):
    two = two()
    wide, tall = (np.random.default_rng(2).integers(0, 255, size, dtype=np.uint8) for size in ((24, 40, 3), (60, 20, 3)))
    two.send(Goal(image=tall, other_views=(wide,), position_tolerance=1e-4), 60.0)
    two.until(lambda: two.proposals, 20.0)
    two.other = wide
    count = len(two.statistics)
    two.until(lambda: len(two.statistics) > count + 10)
    assert seen_by(two).other_views[0].shape == wide.shape


def test_a_second_picture_for_a_model_of_one_view_is_refused(bench, model):
    bench = bench(model=model)
    bench.activate()
    result = bench.end(bench.send(FAR))
    assert result.code == Code.INVALID_GOAL
    assert "goal has 2 pictures, and the model was trained with 1 camera: expected an image and 0 in other_views" in result.message


@pytest.mark.parametrize(
    ("views", "options", "text"),
    [
        (2, (), "was trained with 2 cameras, and watch_camera_topic, the topic of the second one, is empty"),
        (2, ("-p", "watch_camera_topic:=bad name"), "'bad name' is no name of a topic"),
        (2, ("-p", "watch_camera_topic:=camera/image_raw"), "watch_camera_topic is 'camera/image_raw', and that is the first camera's topic as well"),
        (3, ("-p", f"watch_camera_topic:={SECOND}"), "was trained with 3 cameras; the planner reads at most 2"),
    ],
)
def test_cameras_that_the_planner_cannot_give_the_model_fail_to_configure_and_say_why(bench, save, views, options, text):
    bench = bench(*options, model=save(SMALL.model_copy(update={"views": views})))
    assert bench.planner.trigger_configure() == FAILURE
    bench.until(lambda: bench.says(text))
