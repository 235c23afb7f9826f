"""Frames are chosen by stamp."""

import math

import pytest

from wm_core.history import NotReady, ObservationHistory, StampError


def history(**settings):
    return ObservationHistory(**{"length": 2, "step": 0.2, "camera_period": 0.05, **settings})


def stamps(window):
    return [observation.stamp for observation in window]


@pytest.fixture
def frame(fakes):
    return lambda stamp: fakes.observe([0.0], stamp)


def test_the_frame_nearest_to_one_step_ago(frame):
    kept = history()
    for stamp in (1.00, 1.05, 1.11, 1.16, 1.20, 1.26):
        kept.add(frame(stamp))
    assert stamps(kept.window()) == [1.05, 1.26]  # wanted 1.06: 1.05 is 0.01 away, 1.11 is 0.05


def test_not_ready(frame):
    kept = history()
    with pytest.raises(NotReady, match="no frame has arrived"):
        kept.window()
    kept.add(frame(1.0))
    with pytest.raises(NotReady, match=r"no frame at 0\.800 s.*0\.200 s away.*0\.025 s"):
        kept.window()
    assert stamps(kept.window(pad=True)) == [1.0, 1.0]  # at rest the present stands in for the past


def test_a_gap_is_not_padded(frame):
    kept = history()
    for stamp in (1.0, 1.05, 1.35, 1.40):
        kept.add(frame(stamp))
    # Wanted 1.20, nearest 1.35 with an older one before it (1.0 has left: older than 0.25 s, 1.05 too).
    assert stamps(kept.window(pad=True)) == [1.35, 1.40]
    kept = history(camera_period=0.1)
    for stamp in (1.0, 1.28):
        kept.add(frame(stamp))
    with pytest.raises(NotReady):  # wanted 1.08; 1.0 is 0.08 away, more than half a period, and from before
        kept.window(pad=True)


def test_repeated_and_older_stamps_are_refused(frame):
    kept = history()
    kept.add(frame(1.0))
    for stamp in (1.0, 0.9, -1.0, math.nan):
        with pytest.raises(StampError):
            kept.add(frame(stamp))
    assert kept.newest.stamp == 1.0


def test_a_clock_set_back_clears(frame):
    kept = history()
    kept.add(frame(100.0))
    kept.add(frame(3.0))
    assert kept.newest.stamp == 3.0
    with pytest.raises(NotReady):
        kept.window()


def test_memory_is_bounded(frame):
    kept = history()
    for row in range(1000):
        kept.add(frame(1.0 + 0.01 * row))
    assert len(kept._kept) <= 27  # 0.25 s at 100 Hz, and one at each end


def test_inconsistent_times_are_refused():
    with pytest.raises(ValueError, match="longer than the model step"):
        history(camera_period=0.3)
