"""Where joints were between two measurements, and where nobody knows."""

import numpy as np
import pytest

from wm_core.types import JointState
from wm_ros.recording.joint_track import JointTrack


def state(stamp, position):
    return JointState(np.array([position]), np.array([10.0 * position]), stamp)


@pytest.fixture
def track():
    track = JointTrack(widest=0.1)
    for stamp, position in ((1.0, 0.0), (1.05, 0.1), (1.2, 0.4), (1.25, 0.5)):
        track.add(state(stamp, position))
    return track


def test_between_two_measurements_joints_move_evenly(track):
    found = track.at(1.02)  # 2/5 of the way from 0 to 0.1
    assert (found.position[0], found.velocity[0], found.stamp) == (pytest.approx(0.04), pytest.approx(0.4), 1.02)
    assert track.at(1.2).position[0] == 0.4


@pytest.mark.parametrize("stamp", [0.9, 1.1, 1.3])  # before all, between two that lie 0.15 s apart, after all
def test_what_nobody_measured_is_not_known(track, stamp):
    assert track.at(stamp) is None


def test_a_clock_that_was_set_back_begins_anew(track):
    track.add(state(0.5, 1.0))
    assert track.newest.stamp == 0.5 and track.at(1.02) is None


def test_a_repeated_measurement_is_not_kept(track):
    track.add(state(1.25, 9.0))
    assert track.newest.position[0] == 0.5
