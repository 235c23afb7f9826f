"""Which pictures the real-time loop asks for, and when; both cameras show one moment."""

import numpy as np
import pytest

from sim.live_camera import LiveCamera
from sim.real_time import Rates
from sim.scene import SceneState
from wm_core.types import Pose


def test_a_busy_renderer_gets_the_newest_state_when_it_is_free(loop, renderer):
    loop.tick(0.01)
    renderer.busy = True
    for _ in range(7):
        loop.tick(0.01)
    renderer.busy = False
    loop.tick(0.01)  # 90 ms: what was due at 50 ms is asked for now
    loop.tick(0.01)
    loop.tick(0.01)
    assert renderer.requests == pytest.approx([1.01, 1.09, 1.10], abs=0.005)


def test_the_watch_camera_is_drawn_for_whoever_looks_and_for_nobody_else(loop, renderer, outputs):
    for _ in range(100):  # 1 s
        loop.tick(0.01)
    assert set(renderer.cameras) == {0}
    outputs.watched = True
    for _ in range(100):
        loop.tick(0.01)
    # 10 Hz from 1.1 s to 2 s, and nothing made up for; 20 Hz as before, from 0 s to 2 s, both ends included.
    assert renderer.cameras.count(1) == pytest.approx(10, abs=1) and renderer.cameras.count(0) == 41


@pytest.mark.parametrize("every", [1, 2, 3])
def test_both_cameras_show_one_moment_at_each_nth_picture_of_the_first(by_hand, scene, renderer, outputs, every):
    outputs.watched = True
    loop = by_hand.loop_of(scene, renderer, outputs, rates=Rates(camera=20.0, watch_camera=20.0 / every))
    for _ in range(200):  # 2 s
        loop.tick(0.01)
    assert renderer.stamps(0) == pytest.approx([1.0 + 0.05 * picture for picture in range(41)], abs=0.011)
    assert renderer.stamps(1) == renderer.stamps(0)[::every]  # one scene state and one stamp, asked for together


def test_a_watch_camera_of_any_rate_keeps_it_and_the_first_one_its_own(by_hand, scene, outputs):
    outputs.watched = True
    for rate in (7.0, 15.0, 30.0, 45.0):
        renderer = by_hand.Renderer()
        loop = by_hand.loop_of(scene, renderer, outputs, rates=Rates(camera=20.0, watch_camera=rate))
        for _ in range(400):  # 4 s
            loop.tick(0.01)
        first, watch = renderer.stamps(0), renderer.stamps(1)
        assert len(first) == 81 and len(watch) == pytest.approx(4.0 * rate, abs=2), rate
        # Of the slower one every picture is of a moment of the other.
        assert set(watch if rate < 20.0 else first) <= set(first if rate < 20.0 else watch), rate


def test_a_renderer_that_is_too_slow_for_both_cameras_gives_each_its_share(by_hand, scene, outputs):
    outputs.watched, renderer = True, by_hand.SlowRenderer(20)
    loop = by_hand.loop_of(scene, renderer, outputs)
    for _ in range(600):  # 6 s, 200 ms a picture: in that time both cameras are due
        renderer.tick()
        loop.tick(0.01)
    assert len(renderer.cameras) == pytest.approx(30, abs=1)
    assert renderer.cameras.count(1) == pytest.approx(10, abs=1)  # as 10 Hz to 20 Hz
    assert set(renderer.stamps(1)) <= set(renderer.stamps(0))


def test_the_first_camera_keeps_its_rate_where_a_picture_of_each_takes_most_of_its_period(by_hand, scene, outputs):
    outputs.watched, renderer = True, by_hand.SlowRenderer(2)
    loop = by_hand.loop_of(scene, renderer, outputs, rates=Rates(watch_camera=20.0))
    for _ in range(200):  # 2 s, 20 ms a picture: 40 of 50 ms
        renderer.tick()
        loop.tick(0.01)
    assert len(renderer.stamps(0)) == 41 and renderer.stamps(1) == renderer.stamps(0)
    assert np.diff(renderer.stamps(0)).max() < 0.061


def test_a_renderer_that_died_is_reported_and_replaced(by_hand, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("sim.live_camera.time.monotonic", lambda: now[0])
    made, reports = [], []
    state = SceneState(np.zeros(7), np.zeros(2), Pose(np.zeros(3)))

    def make():
        made.append(by_hand.Renderer())
        return made[-1]

    camera = LiveCamera(make, reports.append)
    assert camera.request(state, 1.0) and camera.poll(0.0) is not None
    assert reports == []
    made[0].broken = True
    assert camera.poll(0.0) is None and made[0].closed
    assert len(reports) == 1 and "the renderer broke" in str(reports[0])
    assert not camera.request(state, 2.0) and len(made) == 1  # not at once
    now[0] += 2.0
    assert camera.request(state, 3.0) and len(made) == 2
    frame = camera.poll(0.0)
    assert frame is not None and frame.stamp == 3.0
    assert reports[1:] == [None]
