"""A simulator node begins as its parameters say or says why not, and when it ends it leaves nobody behind."""

import signal
from pathlib import Path

import numpy as np
import pytest
from sensor_msgs.msg import Image

from sim.camera import SceneCamera
from sim.scene import Scene
from wm_core.config import ObstacleConfig
from wm_ros.conversions import image_to_array, time_to_seconds


def test_declared_obstacles_stand_in_the_scene_and_in_its_pictures(start, other, declared):
    wall = ObstacleConfig(name="wall", lower=(0.4, 0.15, 0.0), upper=(0.6, 0.2, 0.25))
    process = start(f"obstacles:={declared(wall)}", "seed:=5", "image_width:=96", "image_height:=64")
    other.until_some("camera/image_raw")
    seen = image_to_array(other.got["camera/image_raw"][0]).astype(float)
    scene = Scene()
    scene.reset(5)
    without = SceneCamera(96, 64).render(scene).astype(float)
    scene.obstacles.place((wall,))
    expected = SceneCamera(96, 64).render(scene).astype(float)
    assert np.abs(seen - expected).mean() < 0.1 * np.abs(seen - without).mean()
    scene.close()
    assert process.end() == 0 and "the arm begins in obstacle" not in process.log, process.log


def test_an_arm_that_begins_in_an_obstacle_is_told_of(start, other, declared):
    # At home the fingers are 23 cm above the table.
    wall = ObstacleConfig(name="wall", lower=(0.4, -0.03, 0.0), upper=(0.6, 0.03, 0.25))
    process = start(f"obstacles:={declared(wall)}")
    other.until(lambda: "the arm begins in obstacle 'wall'" in process.log, "the warning")


def test_both_cameras_take_their_pictures_of_one_moment(start, other):
    watched: list[Image] = []
    other.node.create_subscription(Image, "watch_camera/image_raw", watched.append, 50)
    process = start("watch_camera_rate:=20.0", "image_width:=32", "image_height:=32")

    def stamps(images: list[Image]) -> list[float]:
        return [time_to_seconds(image.header.stamp) for image in images]

    first, second = other.got["camera/image_raw"], watched
    other.until(lambda: len(set(stamps(first)) & set(stamps(second))) > 20, "pictures of equal stamps")
    # The newest may still be on its way, and a busy machine loses some; none is of a moment of its own.
    assert len(set(stamps(second)) - set(stamps(first))) <= 3
    assert process.end() == 0, process.log


def test_simulated_time(start, other):
    process = start("publish_clock:=true")
    other.until_some("/clock", count=20)
    clocks = [time_to_seconds(message.clock) for message in other.got["/clock"]]
    assert clocks[0] >= 1.0 and clocks[-1] < 100.0 and np.diff(clocks).min() > 0.0
    other.until_some("joint_states", "camera/image_raw")
    newest = time_to_seconds(other.got["joint_states"][-1].header.stamp)
    assert 1.0 < newest <= time_to_seconds(other.got["/clock"][-1].clock) + 0.1
    assert process.end() == 0, process.log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ends_with_0_and_leaves_nobody_behind(start, other, number):
    process = start()
    other.until_some("camera/image_raw")
    family = process.children()
    assert family
    assert process.end(number) == 0, process.log
    assert "Traceback" not in process.log
    other.until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), f"the end of {family}")


def test_without_a_display_it_says_so_and_runs(start, other):
    process = start("gui:=true", DISPLAY="", WAYLAND_DISPLAY="")
    other.until_some("joint_states")
    other.until(lambda: "cannot open a window" in process.log, "the warning")
    assert process.end() == 0, process.log


@pytest.mark.parametrize(
    ("parameter", "reason"),
    [
        ("image_width:=5", "expected a int from 16 to 1920"),
        ("camera_rate:=.nan", "expected a float from 0.1 to 60.0"),
        ("controller:='bad name'", "parameter 'controller' is 'bad name'"),
        ("obstacles:=absent.yaml", "parameter 'obstacles': absent.yaml: cannot read the configuration"),
        ("perturb:=glare=medium", "parameter 'perturb': 'glare=medium': expected intruder=STRENGTH"),
    ],
)
def test_a_parameter_that_cannot_be_used_ends_it_with_a_reason(start, parameter, reason):
    process = start(parameter)
    assert process.wait() == 2
    assert reason in process.log
