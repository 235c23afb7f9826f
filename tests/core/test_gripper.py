"""A gripper's joints and its opening."""

import numpy as np
import pytest

from wm_core.config import ConfigError, GripperConfig, parse_config
from wm_core.gripper import Gripper


@pytest.fixture
def turning():
    """One joint that closes by turning from 0 to 0.8 rad, 8.5 cm wide, at 0.5 rad/s."""
    return Gripper(GripperConfig(joint_names=("knuckle",), closed=(0.8,), open=(0.0,), opening=0.085, speed=(0.5,)))


def test_the_opening_is_in_proportion(turning):
    assert turning.opening(np.array([0.8])) == 0.0
    assert turning.opening(np.array([0.2])) == pytest.approx(0.75 * 0.085)


def test_the_pandas_opening_is_the_sum_of_its_fingers(robot):
    assert Gripper(robot.gripper).opening(np.array([0.03, 0.02])) == pytest.approx(0.05)


def test_the_way_is_at_full_speed_and_ends_at_its_end(turning):
    way = turning.way(np.array([0.5]), -1, np.array([0.2, 0.4, 0.6, 0.8]))
    assert way[:, 0] == pytest.approx([0.6, 0.7, 0.8, 0.8])
    assert turning.way(np.array([0.5]), 1, np.array([0.2]))[0, 0] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"open": [0.8]}, "must differ"),
        ({"closed": [0.8, 0.8]}, "closed has 2 values, expected 1"),
        ({"speed": [0.0]}, "speed must be positive"),
    ],
)
def test_a_gripper_that_cannot_be_is_refused(turning, change, text):
    good = {"joint_names": ["knuckle"], "closed": [0.8], "open": [0.0], "opening": 0.085, "speed": [0.5]}
    with pytest.raises(ConfigError, match=text):
        parse_config(GripperConfig, {**good, **change}, "gripper")
