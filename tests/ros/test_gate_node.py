"""The planner node with a gate that was fitted to one picture a camera: what differs from it stops the arm, before one camera or two."""

import numpy as np
import pytest
import torch
from rclpy.lifecycle import TransitionCallbackReturn
from sensor_msgs.msg import Image

from wm_core.types import Goal, JointState, Observation
from wm_ros.conversions import array_to_image
from wm_ros.outcome import Code

SUCCESS = TransitionCallbackReturn.SUCCESS
PICTURE, OTHER = np.random.default_rng(1).integers(60, 200, (2, 16, 16, 3), dtype=np.uint8)


def noisy(picture, random):
    return np.clip(picture + random.normal(0.0, 8.0, picture.shape), 0, 255).astype(np.uint8)


def fit(folder, model, cameras):
    """A gate that knows noisy versions of one picture a camera: beside the model, as `wm gate` writes it."""
    from wm_core.monitor import GateConfig, save_gate
    from wm_core.monitor.calibrate import Calibrated
    from wm_core.monitor.config import Thresholds
    from wm_core.monitor.gaussian import fit_gaussians
    from wm_core.monitor.sight import see_window
    from wm_core.monitor.signals import Statistics
    from wm_core.monitor.usual_error import UsualError
    from wm_core.monitor.usual_picture import UsualPicture

    random, clean = np.random.default_rng(0), []
    for _ in range(60):
        first, *others = (noisy(picture, random) for picture in (PICTURE, OTHER)[:cameras])
        seen = Observation(first, JointState(np.zeros(7), np.zeros(7), 0.0), 0.0, other_views=tuple(others))
        clean.append(see_window(model, [seen, seen], views=cameras))
    latent = torch.cat([sight.histories[:, -1:, :8] for sight in clean])
    early = fit_gaussians(torch.cat([sight.early for sight in clean]))
    largest = max(float(early.distance(sight.early)) for sight in clean)
    # What comes in is left to the second camera: with one the colours alone shall stop it.
    comes_in = {} if cameras == 1 else {"watch" if cameras > model.config.views else "intrusion": 1.0}
    thresholds = Thresholds(picture=2.0 * largest, **comes_in)
    tools = [torch.zeros(len(sight.cells), 3) for sight in clean]
    shown = [[sight.cells[:, camera] for sight in clean] for camera in range(cameras)]
    scenes = tuple(UsualPicture.fitted(tools, cells, seed=0) for cells in shown)
    statistics = Statistics(fit_gaussians(latent), early, UsualError(torch.zeros(1, 3), torch.ones(1)), scenes)
    config = GateConfig(thresholds=thresholds, views=cameras, episodes=60, steps=1, checked=1, stopped=0)
    save_gate(Calibrated(config, statistics), folder, model.config.views)


@pytest.fixture
def small(tmp_path):
    """The folder of a small model of random weights, and the model."""
    return make_small(tmp_path)


def make_small(folder, views=1):
    from wm_core.config import ModelCardConfig, WorldModelConfig
    from wm_core.model.checkpoint import save_world_model
    from wm_core.model.world_model import JepaWorldModel

    torch.manual_seed(0)
    config = WorldModelConfig(image_size=16, visual_dim=8, joint_dim=4, channels=(4, 4), hidden=16, views=views)
    model = JepaWorldModel(config).eval()
    save_world_model(model, ModelCardConfig(model=config), folder)
    return folder, model


@pytest.fixture
def gated(small):
    folder, model = small
    fit(folder, model, cameras=1)
    return folder


def test_a_black_picture_stops_the_arm_through_the_node(bench, gated):
    bench = bench("-p", "no_progress_time:=60.0", model=gated)
    bench.picture = PICTURE
    bench.activate()
    goal = Goal(image=PICTURE[::-1].copy(), position_tolerance=1e-3)
    handle = bench.send(goal, 60.0)
    count = len(bench.proposals)
    bench.until(lambda: len(bench.proposals) > count + 12)  # it goes on while all is as ever
    bench.picture = np.zeros_like(PICTURE)
    result = bench.end(handle)
    assert result.code == Code.SURPRISED and "colours or textures are far from those of the training data" in result.message
    count = len(bench.proposals)
    bench.until(lambda: bench.says("colours or textures are far"))
    assert len(bench.proposals) <= count + 1  # one may have been under way
    # A new goal is a person's word that they have looked: it is served, once the picture is what it was.
    bench.picture = PICTURE
    bench.until(lambda: bench.proposals and bench.planner._inputs.frames()[-1].image.any())
    count = len(bench.proposals)
    bench.send(goal, 60.0)
    bench.until(lambda: len(bench.proposals) > count)


def test_it_looks_into_the_model_behind_a_backend(bench, gated):
    from wm_core.config import save_config
    from wm_core.model.checkpoint import load_card

    save_config(load_card(gated).model_copy(update={"backend": "fused"}), gated / "config.yaml")
    bench = bench(model=gated)
    bench.activate()
    assert bench.planner._tools.gate is not None and bench.planner._tools.world_model.backend == "fused"


def test_a_gate_can_be_switched_off(bench, gated):
    bench = bench("-p", "gate:=false", model=gated)
    bench.activate()
    bench.picture = np.zeros_like(PICTURE)
    bench.send(Goal(image=PICTURE, position_tolerance=1e-3), 60.0)
    bench.until(lambda: len(bench.proposals) > 12)  # more than the three black moments after which the gate stops


def test_a_gate_of_other_weights_is_named(bench, gated):
    path = gated / "gate.yaml"
    text = path.read_text()
    path.write_text("\n".join(line for line in text.splitlines() if "sha256" not in line) + "\nmodel_sha256: '00'\n")
    bench = bench(model=gated)
    bench.planner.trigger_configure()
    bench.until(lambda: bench.says("was fitted to other weights; run `wm gate` again"))


def test_a_gate_that_needs_more_cameras_is_refused(bench, gated):
    path = gated / "gate.yaml"
    path.write_text(path.read_text().replace("views: 1", "views: 2"))
    bench = bench(model=gated)
    bench.planner.trigger_configure()
    bench.until(lambda: bench.says("gate.yaml looks through 2 camera(s), expected 1; run `wm gate`"))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ((), "watch_camera_topic is 'watch': the model at {folder} has no gate for 2 camera(s): gate_watch.yaml is missing"),
        (("-p", "watch_camera_topic:=bad name"), "watch_camera_topic is 'bad name': Invalid topic name"),
    ],
)
def test_a_watch_camera_that_cannot_be_used_fails_to_configure_and_says_why(bench, gated, options, text):
    bench = bench("-p", "watch_camera_topic:=watch", *options, model=gated)
    assert bench.planner.trigger_configure() != SUCCESS
    bench.until(lambda: bench.says(text.format(folder=gated)))


def test_without_a_model_nothing_could_look_through_a_watch_camera(bench):
    bench = bench("-p", "watch_camera_topic:=watch")
    assert bench.planner.trigger_configure() != SUCCESS
    bench.until(lambda: bench.says("watch_camera_topic is 'watch', and without a model"))


@pytest.fixture
def watching(bench, small):
    """A planner with two cameras, of a model of one, on the way to a picture that it never reaches."""
    folder, model = small
    fit(folder, model, cameras=1)
    fit(folder, model, cameras=2)
    return before_two_cameras(bench, folder)


def before_two_cameras(bench, folder, *others):
    """others: what the second camera shows at the goal, for a model that sees through both."""
    bench = bench("-p", "no_progress_time:=60.0", "-p", "watch_camera_topic:=watch/image_raw", model=folder)
    bench.picture, bench.other = PICTURE, OTHER
    camera = bench.node.create_publisher(Image, "watch/image_raw", 1)
    bench.show_other = lambda: camera.publish(array_to_image(bench.other, bench.now(), "watch"))
    bench.sights.append(bench.show_other)
    bench.activate()
    far = Goal(image=PICTURE[::-1].copy(), other_views=others, position_tolerance=1e-3)
    bench.send_far = lambda: bench.send(far, 60.0)
    return bench


def test_what_comes_in_before_the_watch_camera_alone_stops_the_arm_through_the_node(watching):
    handle = watching.send_far()
    count = len(watching.proposals)
    watching.until(lambda: len(watching.proposals) > count + 12)  # it goes on while all is as ever
    watching.other = np.full_like(OTHER, 255)
    result = watching.end(handle)
    assert result.code == Code.SURPRISED and "the model's gate stopped the arm: watch " in result.message


def test_a_watch_camera_that_stops_is_named_and_when_it_is_back_it_goes_on(watching):
    watching.send_far()
    watching.until(lambda: watching.proposals)
    watching.sights.remove(watching.show_other)
    watching.until(lambda: any("no message for" in error and "the arm holds" in error for error in watching.errors))
    assert "planner: watch_camera" in watching.failing
    count = len(watching.proposals)
    watching.sights.append(watching.show_other)
    watching.until(lambda: len(watching.proposals) > count + 5)


def test_the_gate_of_a_model_of_two_views_looks_through_both(bench, tmp_path):
    folder, model = make_small(tmp_path, views=2)
    fit(folder, model, cameras=2)
    watching = before_two_cameras(bench, folder, OTHER)
    watching.until(lambda: watching.told.get("planner: gate") == "watches through two cameras while a goal is pursued")
    handle = watching.send_far()
    count = len(watching.proposals)
    watching.until(lambda: len(watching.proposals) > count + 12)
    watching.other = np.full_like(OTHER, 255)
    result = watching.end(handle)
    assert result.code == Code.SURPRISED and "the model's gate stopped the arm: " in result.message


def test_without_the_topic_a_second_gate_changes_nothing(bench, small):
    folder, model = small
    fit(folder, model, cameras=1)
    fit(folder, model, cameras=2)
    bench = bench(model=folder)
    bench.activate()
    assert bench.node.count_subscribers("watch/image_raw") == 0
    bench.picture = PICTURE
    bench.send(Goal(image=PICTURE[::-1].copy(), position_tolerance=1e-3), 60.0)
    bench.until(lambda: bench.proposals)
