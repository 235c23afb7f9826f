"""Messages <-> core types: layouts by hand, and every malformed message refused with its reason."""

import array
import io

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped
from PIL import Image as Picture
from sensor_msgs.msg import CompressedImage, Image, JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from wm_core.types import JointState as CoreJointState
from wm_core.types import Pose, Trajectory
from wm_ros import conversions
from wm_ros.conversions import ConversionError


def image(encoding: str, data: list[int], width: int = 2, height: int = 1, step: int | None = None) -> Image:
    message = Image(width=width, height=height, encoding=encoding)
    message.step = len(data) // height if step is None else step
    message.data = array.array("B", data)
    return message


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("rgb8", [1, 2, 3, 4, 5, 6]),
        ("bgr8", [3, 2, 1, 6, 5, 4]),
        ("rgba8", [1, 2, 3, 9, 4, 5, 6, 9]),
        ("bgra8", [3, 2, 1, 9, 6, 5, 4, 9]),
    ],
)
def test_every_colour_encoding_gives_the_same_rgb(encoding, data):
    assert conversions.image_to_array(image(encoding, data)).tolist() == [[[1, 2, 3], [4, 5, 6]]]


def test_mono_becomes_three_equal_channels():
    assert conversions.image_to_array(image("mono8", [7, 8])).tolist() == [[[7, 7, 7], [8, 8, 8]]]


def test_step_may_exceed_the_row():
    # One pixel a row of 3 bytes, padded to 5.
    message = image("rgb8", [1, 2, 3, 0, 0, 4, 5, 6, 0, 0], width=1, height=2)
    assert conversions.image_to_array(message).tolist() == [[[1, 2, 3]], [[4, 5, 6]]]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (image("32FC1", [0] * 8), "'32FC1' is not supported; expected rgb8"),
        (image("rgb8", [0] * 5, step=6), "5 bytes, expected 6"),
        (image("rgb8", [0] * 4), "step is 4 bytes, expected at least 6"),
        (image("rgb8", [], width=0, step=0), "0 x 1 pixels"),
        (image("rgb8", [], width=7680, height=4320, step=0), "expected at most"),
    ],
)
def test_an_unusable_image_names_what_is_wrong(message, text):
    with pytest.raises(ConversionError, match=text):
        conversions.image_to_array(message)


def test_an_image_survives_the_round_trip():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    message = conversions.array_to_image(pixels, 12.5, "camera")
    assert (conversions.image_to_array(message) == pixels).all()
    assert (conversions.image_stamp(message), message.header.frame_id) == (12.5, "camera")


def compressed(codec: str, size: tuple[int, int]) -> CompressedImage:
    stream = io.BytesIO()
    Picture.new("RGB", size, (200, 10, 30)).save(stream, codec)
    return CompressedImage(format=codec.lower(), data=array.array("B", stream.getvalue()))


def test_png_and_jpeg_are_decoded():
    assert conversions.compressed_image_to_array(compressed("PNG", (4, 2))).tolist() == [[[200, 10, 30]] * 4] * 2
    assert conversions.compressed_image_to_array(compressed("JPEG", (4, 2))).shape == (2, 4, 3)


def test_corrupt_and_oversized_files_are_refused():
    with pytest.raises(ConversionError, match="cannot be decoded"):
        conversions.compressed_image_to_array(CompressedImage(format="jpeg", data=array.array("B", b"\xff\xd8nonsense")))
    with pytest.raises(ConversionError, match="8000 x 2000 pixels"):
        conversions.compressed_image_to_array(compressed("PNG", (8000, 2000)))


def joints(names, position, velocity=(), stamp=10.0) -> JointState:
    message = JointState(name=list(names), position=list(position), velocity=list(velocity))
    message.header.stamp = conversions.seconds_to_time(stamp)
    return message


def test_joints_are_taken_by_name_and_others_ignored():
    message = joints(["finger", "b", "a"], [9.0, 2.0, 1.0], [0.0, 0.2, 0.1])
    state = conversions.joint_state_from_message(message, ["a", "b"])
    assert (state.position.tolist(), state.velocity.tolist(), state.stamp) == ([1.0, 2.0], [0.1, 0.2], 10.0)


@pytest.mark.parametrize("velocity", [[], [np.nan]])
def test_a_missing_velocity_is_zero_or_the_finite_difference(velocity):
    message = joints(["a"], [1.5], velocity, stamp=10.0)
    before = CoreJointState(np.array([1.0]), np.zeros(1), 9.75)
    assert conversions.joint_state_from_message(message, ["a"]).velocity.tolist() == [0.0]
    # (1.5 - 1.0) rad / 0.25 s = 2 rad/s
    assert conversions.joint_state_from_message(message, ["a"], before).velocity.tolist() == [2.0]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (joints(["a"], [0.0]), "lacks b; it has: a"),
        (joints(["a", "b", "a"], [0.0, 0.0, 0.0]), "names a more than once"),
        (joints(["a", "b"], [0.0]), "1 values of position, expected 2 or none"),
        (joints(["a", "b"], [0.0, np.nan]), "not finite for b"),
        (joints(["a", "b"], []), "not finite for a, b"),
    ],
)
def test_an_unusable_joint_state_names_what_is_wrong(message, text):
    with pytest.raises(ConversionError, match=text):
        conversions.joint_state_from_message(message, ["a", "b"])


def test_a_trajectory_survives_the_round_trip():
    times, positions, velocities = np.array([0.25, 0.5]), np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((2, 2))
    message = conversions.trajectory_to_message(Trajectory(("a", "b"), times, positions, velocities), stamp=3.0)
    again, stamp = conversions.message_to_trajectory(message)
    assert (again.names, stamp, again.accelerations) == (("a", "b"), 3.0, None)
    assert again.times.tolist() == [0.25, 0.5]
    assert (again.positions == positions).all() and (again.velocities == velocities).all()


def test_a_zero_stamp_means_start_on_arrival():
    assert conversions.message_to_trajectory(JointTrajectory(joint_names=["a"]))[1] is None


def test_trajectory_points_must_be_complete():
    short = JointTrajectory(joint_names=["a", "b"])
    short.points = [JointTrajectoryPoint(positions=[0.0, 0.0]), JointTrajectoryPoint(positions=[0.0])]
    with pytest.raises(ConversionError, match="point 1 has 1 positions, expected 2"):
        conversions.message_to_trajectory(short)
    with pytest.raises(ConversionError, match="no positions"):
        conversions.message_to_trajectory(
            JointTrajectory(joint_names=["a"], points=[JointTrajectoryPoint(velocities=[0.0])])
        )


def test_a_pose_survives_the_round_trip_and_a_free_orientation_too():
    pose = Pose(np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 0.0, 0.0]))
    again = conversions.pose_from_message(conversions.pose_to_message(pose, 1.0, "base"), "base")
    assert again.position.tolist() == [1.0, 2.0, 3.0] and again.orientation.tolist() == [1.0, 0.0, 0.0, 0.0]
    free = conversions.pose_to_message(Pose(np.zeros(3)), 1.0, "base")
    assert conversions.pose_from_message(free).orientation is None


def test_an_unusable_pose_names_what_is_wrong():
    message = PoseStamped()
    message.header.frame_id = "camera"
    with pytest.raises(ConversionError, match="frame 'camera', expected 'base'"):
        conversions.pose_from_message(message, "base")
    message.pose.orientation.w = 3.0
    with pytest.raises(ConversionError, match="length 3.000"):
        conversions.pose_from_message(message)
    message.pose.position.x = float("nan")
    with pytest.raises(ConversionError, match="not finite"):
        conversions.pose_from_message(message)


def test_times_are_exact_to_the_nanosecond():
    time = conversions.seconds_to_time(2.75)
    assert (time.sec, time.nanosec, conversions.time_to_seconds(time)) == (2, 750_000_000, 2.75)
    before = conversions.seconds_to_duration(-0.25)  # -1 s + 0.75 s
    assert (before.sec, before.nanosec) == (-1, 750_000_000)


def test_diagnostics_carry_level_message_and_values():
    part = conversions.Health("guard: input", conversions.Level.ERROR, "joint_states stopped", {"age": "0.7 s"})
    (status,) = conversions.diagnostics_message([part], "panda", 1.0).status
    assert (status.level, status.message, status.hardware_id) == (b"\x02", "joint_states stopped", "panda")
    assert (status.values[0].key, status.values[0].value) == ("age", "0.7 s")
