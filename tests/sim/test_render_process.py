"""The renderer in its own process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import Iterator

import numpy as np
import pytest

from sim.arm import SimArm
from sim.camera import OVERHEAD_VIEW, TABLE_VIEW, SceneCamera
from sim.render_process import RendererDied, RenderProcess
from sim.scene import ARM_JOINTS, Scene
from wm_core.types import Frame, Pose, Trajectory

DEADLINE = 30.0  # s


@pytest.fixture
def renderer() -> Iterator[RenderProcess]:
    process = RenderProcess(64, 48)
    _wait_ready(process)
    yield process
    process.close()


def _wait_ready(process: RenderProcess) -> None:
    end = time.monotonic() + DEADLINE
    while process.busy:
        process.poll(0.1)
        assert time.monotonic() < end, "the renderer never became ready"


def _frame(process: RenderProcess) -> Frame:
    frame = process.poll(DEADLINE)
    assert frame is not None
    return frame


def test_a_frame_is_the_picture_that_the_camera_takes_in_process(renderer: RenderProcess) -> None:
    scene = Scene()
    scene.reset(3)
    arm = SimArm(scene)
    goal = arm.read().position + 0.3
    arm.send(Trajectory(ARM_JOINTS, np.array([0.5]), goal[None]))
    arm.advance(0.3)  # in the middle of the motion, so that nothing is where a reset puts it
    assert renderer.request(scene.state(), 1.25)
    frame = _frame(renderer)
    expected = SceneCamera(64, 48).render(scene)
    assert frame.stamp == 1.25
    assert frame.image.shape == (48, 64, 3) and frame.image.dtype == np.uint8
    assert np.array_equal(frame.image, expected)
    assert frame.image.std() > 10.0  # a picture, not a blank


def test_every_camera_is_drawn_in_the_same_process_and_shows_a_forearm() -> None:
    views = (TABLE_VIEW, OVERHEAD_VIEW)
    process = RenderProcess(64, 48, views)
    try:
        _wait_ready(process)
        scene = Scene()
        scene.reset(3)
        scene.forearm.put(Pose(np.array([0.5, 0.2, 0.1]), np.array([0.0, 0.7071, 0.0, 0.7071])))
        expected = [SceneCamera(64, 48, view).render(scene) for view in views]
        for cameras in ((1,), (0, 1), (0,), (1, 0)):  # of one moment, in the order in which they are asked for
            assert process.request(scene.state(), 1.0, cameras)
            for camera in cameras:
                assert process.busy
                frame = _frame(process)
                assert frame.stamp == 1.0 and np.array_equal(frame.image, expected[camera]), (camera, cameras)
            assert not process.busy
    finally:
        process.close()


def test_a_frame_stays_as_it_is_when_the_next_is_drawn(renderer: RenderProcess) -> None:
    scene = Scene()
    scene.reset(1)
    renderer.request(scene.state(), 1.0)
    first = _frame(renderer)
    kept = first.image.copy()
    scene.reset(2)
    renderer.request(scene.state(), 2.0)
    second = _frame(renderer)
    assert np.array_equal(first.image, kept)
    assert not np.array_equal(first.image, second.image)


def test_a_second_request_is_refused_while_the_first_is_drawn(renderer: RenderProcess) -> None:
    state = Scene().state()
    assert renderer.request(state, 1.0)
    assert not renderer.request(state, 2.0)
    assert _frame(renderer).stamp == 1.0
    assert renderer.request(state, 3.0)
    assert _frame(renderer).stamp == 3.0


def test_neither_request_nor_poll_waits_for_the_drawing(renderer: RenderProcess) -> None:
    state = Scene().state()
    os.kill(renderer.pid, signal.SIGSTOP)
    try:
        begin = time.monotonic()
        for _ in range(100):
            renderer.request(state, 1.0)
            assert renderer.poll() is None
        assert time.monotonic() - begin < 1.0
    finally:
        os.kill(renderer.pid, signal.SIGCONT)


def test_a_dead_renderer_is_reported_with_the_cause(renderer: RenderProcess) -> None:
    os.kill(renderer.pid, signal.SIGKILL)
    with pytest.raises(RendererDied, match=f"pid {renderer.pid}.*signal 9"):
        renderer.poll(DEADLINE)
    renderer.request(Scene().state(), 1.0)  # harmless
    with pytest.raises(RendererDied):
        renderer.poll(DEADLINE)


def test_the_renderer_says_what_went_wrong_in_it(renderer: RenderProcess) -> None:
    renderer.request("not a state", 1.0)  # type: ignore[arg-type]
    with pytest.raises(RendererDied, match="AttributeError"):
        renderer.poll(DEADLINE)


def test_the_renderer_ends_when_its_parent_is_killed() -> None:
    script = textwrap.dedent(
        """
        import time
        from sim.render_process import RenderProcess
        if __name__ == "__main__":
            renderer = RenderProcess(32, 32)
            while renderer.busy:
                renderer.poll(0.1)
            print("child", renderer.pid, flush=True)
            time.sleep(60.0)
        """
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        child = next(int(line.split()[1]) for line in parent.stdout if line.startswith("child"))
    finally:
        parent.kill()
        parent.wait()
    end = time.monotonic() + DEADLINE
    while _alive(child):
        assert time.monotonic() < end, f"renderer {child} outlived its parent"
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
