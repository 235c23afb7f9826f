"""When plans begin: in phase with the camera, no more often than asked for, and in time where no frame comes."""

import numpy as np
import pytest

from wm_ros.pace import Pace


class Run:
    """Periods that last `takes` s each, with frames that come at `frames`; what a planning thread does, on paper."""

    def __init__(self, period, frames, takes, until):
        pace, now, coming = Pace(period, 0.0), 0.0, sorted(frames)
        self.begun, self.waited = [], []
        while now < until:
            pace.begin(now)
            self.begun.append(now)
            seen = [frame for frame in frames if frame <= now]
            self.waited.append(now - max(seen) if seen else np.nan)
            now += next(takes)
            while True:
                while coming and coming[0] <= now:
                    pace.frame(coming.pop(0))
                left = pace.wait(now)
                if left <= 0.0:
                    break
                now = min(now + left, coming[0]) if coming else now + left

    def gaps(self):
        return np.diff(self.begun)


def always(seconds):
    while True:
        yield seconds


def camera(period, until, jitter=0.0, phase=0.013, seed=0):
    count = int(until / period)
    return list(phase + period * np.arange(count) + np.random.default_rng(seed).uniform(-jitter, jitter, count))


@pytest.mark.parametrize("period", [0.05, 0.1, 0.2])
def test_plans_begin_with_a_frame_that_has_just_come(period):
    run = Run(period, camera(0.05, 20.0, jitter=0.004), always(0.03), 20.0)
    assert np.percentile(run.waited[5:], 95) < 0.006
    assert run.gaps()[5:].mean() == pytest.approx(period, rel=0.01)


@pytest.mark.parametrize("jitter", [0.0, 0.005, 0.01, 0.015])
def test_jitter_of_the_camera_does_not_slow_planning_down(jitter):
    run = Run(0.1, camera(0.05, 60.0, jitter), always(0.03), 60.0)
    assert run.gaps()[5:].mean() == pytest.approx(0.1, rel=0.01)
    assert np.percentile(run.gaps()[5:], 99) < 0.14  # one frame too many would make 0.15 of it
    assert np.percentile(run.waited[5:], 95) <= 0.025  # half a camera period


@pytest.mark.parametrize("camera_period", [0.05, 1 / 30, 1 / 60, 0.04])
@pytest.mark.parametrize("period", [0.05, 0.07, 0.1, 0.13])
def test_on_average_plans_come_no_more_often_than_asked_for(period, camera_period):
    run = Run(period, camera(camera_period, 30.0), always(0.01), 30.0)
    assert run.gaps()[5:].mean() > 0.99 * period
    assert run.gaps()[5:].min() > period - 0.5 * camera_period - 1e-6
    assert np.nanmax(run.waited[5:]) < 0.5 * camera_period + 1e-6


@pytest.mark.parametrize("frames", [[], camera(0.05, 5.0), camera(0.5, 20.0), camera(1.0, 20.0)])
def test_without_frames_periods_go_on(frames):
    run = Run(0.1, frames, always(0.03), 20.0)
    assert run.gaps().max() <= 0.15 + 1e-6


def test_a_camera_that_pauses_is_followed_again_when_it_goes_on():
    frames = camera(0.05, 5.0) + camera(0.05, 5.0, phase=8.037)
    run = Run(0.1, frames, always(0.03), 13.0)
    assert run.gaps().max() <= 0.15 + 1e-6
    assert max(run.waited[-20:]) < 0.001


def test_after_overruns_the_next_plan_begins_at_once_and_nothing_is_made_up_for():
    run = Run(0.05, camera(0.05, 10.0), always(0.07), 10.0)
    assert run.gaps().max() < 0.07 + 0.05 / 2 + 1e-6
    takes = iter([0.02] * 40 + [0.5] + [0.02] * 1000)
    run = Run(0.05, camera(0.05, 10.0), takes, 9.0)
    slow = int(np.argmax(run.gaps()))
    assert run.gaps()[slow] == pytest.approx(0.5, abs=0.03)
    assert run.gaps()[slow + 1 :].min() > 0.024
    after = np.array(run.begun[slow + 1 :])
    assert (after < after[0] + 1.0).sum() <= 21


@pytest.mark.parametrize("period", [0.05, 0.1])
@pytest.mark.parametrize("phase", [0.001, 0.012, 0.024, 0.036, 0.049])
def test_it_gets_into_step_whenever_the_camera_began(period, phase):
    run = Run(period, camera(0.05, 20.0, phase=phase), always(0.03), 20.0)
    assert np.mean(run.waited[-50:]) < 0.001


def test_what_somebody_asked_for_leaves_it_in_step():
    pace = Pace(0.1, 0.0)
    for now, asked, due in ((0.0, 0.02, 0.1), (0.1, 0.17, 0.3)):
        pace.begin(now)
        pace.begin(asked)
        assert asked + pace.wait(asked) == pytest.approx(due)
