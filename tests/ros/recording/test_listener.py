"""Pictures are put together with the joints of their own moment; what does not come, or cannot be read, is named."""

import numpy as np
import pytest
import rclpy
from sensor_msgs.msg import Image
from sensor_msgs.msg import JointState as JointStateMessage

from wm_ros.conversions import array_to_image, joint_state_to_message
from wm_ros.recording import listener as listening
from wm_ros.recording.listener import CameraSource, Listener

NAMES = ("shoulder", "elbow")
PICTURE = np.full((8, 8, 3), 9, np.uint8)


class Bench:
    """A listener, and the publishers of what it hears."""

    def __init__(self, spinner):
        self.spinner = spinner
        self.node = spinner.add(rclpy.create_node("bench"))
        self.camera = self.node.create_publisher(Image, "eye", 1)
        self.joints = self.node.create_publisher(JointStateMessage, "states", 10)
        source = CameraSource("eye", "raw", "reliable")
        self.listener = Listener(spinner.add(rclpy.create_node("ear")), NAMES, source, "states")
        self.until(lambda: self.camera.get_subscription_count() and self.joints.get_subscription_count())

    def until(self, true):
        return self.spinner.until(true, 10.0)

    def show(self, stamp, picture=PICTURE):
        self.camera.publish(array_to_image(picture, stamp, "eye"))

    def measure(self, stamp, elbow, names=NAMES):
        self.joints.publish(joint_state_to_message(names, [0.0, elbow][: len(names)], [0.0, 0.0][: len(names)], stamp))
        self.until(lambda: self.listener.joints is not None and self.listener.joints.stamp == pytest.approx(stamp))


@pytest.fixture
def bench(ros):
    return Bench(ros())


def test_a_picture_has_the_joints_of_its_own_moment_though_they_come_after_it(bench):
    bench.measure(10.0, 0.0)
    bench.show(10.03)
    for _ in range(10):
        bench.spinner.spin_once(0.02)
    assert bench.listener.take() == []  # where the joints were at 10.03 is not known yet
    bench.measure(10.05, 0.5)
    (seen,) = bench.until(bench.listener.take)
    assert seen.joints.position[1] == pytest.approx(0.3)  # 3/5 of the way
    assert seen.stamp == pytest.approx(10.03) and (seen.image == PICTURE).all()
    assert bench.listener.problem() == ""


def test_a_topic_that_is_silent_is_named(bench, monkeypatch):
    monkeypatch.setattr(listening, "_SILENCE", 0.2)
    assert bench.until(bench.listener.problem) == "nothing comes on eye"


@pytest.mark.parametrize(("transport", "beside"), [("raw", ""), ("compressed", "/compressed")])
def test_a_silent_topic_of_a_namespace_is_named_in_full(ros, monkeypatch, transport, beside):
    monkeypatch.setattr(listening, "_SILENCE", 0.0)
    node = ros().add(rclpy.create_node("ear", namespace="arm1"))
    heard = Listener(node, NAMES, CameraSource("eye", transport, "reliable"), "/states")
    assert heard.problem() == f"nothing comes on eye, here /arm1/eye{beside}"


def test_pictures_that_cannot_be_read_are_named(bench, monkeypatch):
    monkeypatch.setattr(listening, "_SILENCE", 0.2)
    message = array_to_image(PICTURE, 10.0, "eye")
    message.encoding = "16UC1"
    bench.camera.publish(message)
    bench.until(lambda: "image encoding '16UC1' is not supported" in bench.listener.problem())


def test_pictures_without_joints_around_them_are_named(bench, monkeypatch):
    monkeypatch.setattr(listening, "_SILENCE", 0.2)
    bench.measure(10.0, 0.0)
    bench.show(5.0)
    bench.until(lambda: "no joint states within 0.1 s around the stamp 5.000 of a picture: do the clocks agree?" in bench.listener.problem())


def test_of_joints_that_are_silent_beside_a_camera_the_joints_are_named(bench, monkeypatch):
    monkeypatch.setattr(listening, "_SILENCE", 0.2)

    def named():
        bench.show(10.0)
        bench.spinner.spin_once(0.02)
        return bench.listener.problem() == "nothing comes on states"

    bench.until(named)


def test_pictures_that_are_ahead_of_the_joints_are_named_and_forgotten_when_the_clock_is_set_back(bench, monkeypatch):
    monkeypatch.setattr(listening, "_SILENCE", 0.2)

    def named():
        bench.show(40.0)
        bench.measure(10.0, 0.0)
        return "stamped 30.000 s after the newest joint state: do the clocks agree?" in bench.listener.problem()

    bench.until(named)
    bench.show(10.02)
    bench.until(lambda: bench.listener._pictures[-1].stamp < 11.0)
    bench.measure(10.04, 0.0)
    (seen,) = bench.until(bench.listener.take)
    assert seen.stamp == pytest.approx(10.02)


def test_a_picture_that_comes_while_the_listener_is_made_is_no_accident(ros, monkeypatch):
    # The node is spun by another thread: a camera that is known already may be heard before the constructor is through.
    class AtOnce(listening.ImageTopic):
        def subscribe(self, node, topic, take, on_mismatch):
            take(array_to_image(PICTURE, 10.0, "eye"))

    monkeypatch.setattr(listening, "ImageTopic", AtOnce)
    made = Listener(ros().add(rclpy.create_node("ear")), NAMES, CameraSource("eye", "raw", "reliable"), "states")
    assert made.take() == []
