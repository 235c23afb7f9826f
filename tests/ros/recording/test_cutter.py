"""Episodes are cut from what a camera of any rate shows; what cannot be used breaks them off and says why."""

import numpy as np
import pytest

from wm_core.types import JointState, Observation, Pose
from wm_ros.recording.cutter import Cut, EpisodeCutter

CUT = Cut(steps=4, step=0.2, camera_period=0.1, max_step=0.05, image_size=16)


class Rail:
    """Its one joint is how far along x the tool is, m."""

    def forward(self, joints):
        return Pose(np.array([joints[0], 0.0, 0.3]))


def look(stamp, place=0.0, grey=None):
    """A picture that tells its place, unless `grey` says another."""
    value = int(1000 * place) % 256 if grey is None else grey
    return Observation(np.full((16, 16, 3), value, np.uint8), JointState(np.array([place]), np.zeros(1), stamp), stamp)


def cut(frames, **settings):
    """-> everything that the cutter said"""
    cutter = EpisodeCutter(Rail(), Cut(**(vars(CUT) | settings)))
    return [said for said in map(cutter.add, frames) if said is not None]


def test_moments_are_a_step_apart_whatever_the_camera_does():
    # 30 Hz with up to 5 ms of jitter; the tool moves at 0.1 m/s, so 20 mm a step. A moment is at most half a period,
    # 17 ms, and 5 ms off, hence an action at most 2 x 22 ms x 0.1 m/s = 4.4 mm.
    jitter = np.random.default_rng(0).uniform(-0.005, 0.005, 100)
    stamps = 5.0 + np.arange(100) / 30.0 + jitter
    episodes = cut([look(stamp, 0.1 * (stamp - 5.0)) for stamp in stamps])
    assert len(episodes) == 3  # 3.3 s, of which each takes 0.8 s and the frame up to the next
    for episode in episodes:
        assert episode.images.shape == (5, 3, 16, 16) and episode.actions.shape == (4, 3)
        assert episode.actions == pytest.approx(np.tile([0.02, 0.0, 0.0], (4, 1)), abs=0.0044)
        assert episode.tool[1:] - episode.tool[:-1] == pytest.approx(episode.actions, abs=1e-7)
        assert episode.joints[:, 0] == pytest.approx(episode.tool[:, 0])
        shown = episode.images[:, 0, 0, 0]
        assert np.abs(shown - 1000.0 * episode.tool[:, 0]).max() <= 1.0  # the picture is that of the joints


def test_a_gap_in_the_pictures_breaks_an_episode_off_and_the_next_one_begins():
    stamps = [0.05 * tick for tick in range(40) if not 7 <= tick <= 11]  # nothing from 0.35 to 0.55 s
    first, second = cut([look(stamp) for stamp in stamps])
    # 0.4 s is due, and 0.3 s the nearest
    assert first == "no picture within 0.050 s of its moment, the nearest is 0.100 s off"
    assert len(second.images) == 5


def test_a_camera_that_is_as_slow_as_it_may_be_is_enough():
    (episode,) = cut([look(0.2 * tick) for tick in range(5)], camera_period=0.2)
    assert not episode.actions.any()


def test_a_picture_that_is_as_near_to_the_next_moment_is_not_taken_twice():
    # 0.3 s is the nearest to 0.2 s, and was to 0.4 s too, with no time in between.
    said = cut([look(stamp) for stamp in (0.0, 0.05, 0.3, 0.55)], camera_period=0.2)
    assert said == ["no picture within 0.100 s of its moment, the nearest is 0.150 s off"]


def test_a_picture_that_is_sent_again_changes_nothing():
    (episode,) = cut([look(0.1 * (tick // 2)) for tick in range(18)])
    assert len(episode.images) == 5


def test_an_arm_that_is_too_fast_is_told_to_move_slower():
    # 0.076 m in 0.2 s is above 1.5 x 0.05, 0.074 is not
    assert len(cut([look(0.1 * tick, 0.037 * tick) for tick in range(9)])) == 1
    (reason,) = cut([look(0.1 * tick, 0.038 * max(0, tick - 2)) for tick in range(5)])
    assert "the tool moved 0.076 m in a step of 0.2 s, expected at most max_step, 0.05 m: move slower" in reason


def test_a_longer_way_between_two_pictures_that_lie_farther_apart_is_not_too_fast():
    # 0.35 m/s, 70 mm a step; the picture of 0.2 s came at 0.245 s: 85.75 mm, which would be above 75
    stamps = [0.0, 0.1, 0.245, 0.4, 0.5, 0.6, 0.7, 0.8]
    (episode,) = cut([look(stamp, 0.35 * stamp) for stamp in stamps])
    assert np.linalg.norm(episode.actions, axis=-1)[0] == pytest.approx(0.08575, abs=1e-6)


def test_the_same_picture_of_a_tool_that_moves_is_a_frozen_camera():
    frames = [look(0.1 * tick, 0.003 * tick, grey=7) for tick in range(6)]  # 6 mm a step
    frames = [look(0.1 * tick, 0.0, grey=7) for tick in range(-4, 0)] + frames
    (reason,) = cut(frames)
    assert reason == "the camera is frozen: the same picture after the tool moved 6 mm"
    (episode,) = cut([look(0.1 * tick, 0.0, grey=7) for tick in range(9)])  # a tool that rests
    assert len(episode.images) == 5


def test_stamps_that_go_back_break_an_episode_off():
    said = cut([look(stamp) for stamp in (10.0, 10.1, 10.2, 10.3, 3.0, 3.1, 3.2)])
    assert said == ["the camera's stamps went back by 7.300 s"]


def test_a_moment_alone_is_no_episode_that_could_break_off():
    assert cut([look(stamp) for stamp in (0.0, 5.0, 10.0)]) == []
