"""The real-time loop, driven by hand: no clock, no renderer, no thread."""

from __future__ import annotations

from typing import Iterator

import numpy as np
import pytest

from sim.arm import SimArm
from sim.live_camera import LiveCamera
from sim.pacing import StampClock
from sim.perturbations.visit import Visit
from sim.real_time import Rates, RealTimeLoop
from sim.render_process import RendererDied
from sim.scene import ARM_JOINTS, Scene, SceneState
from sim.visitor import Visitor, make_visit
from wm_core.types import Frame, JointState, Pose, Trajectory


class Recorder:
    """Implements `Outputs` and keeps everything."""

    def __init__(self) -> None:
        self.stamps: list[float] = []
        self.states: list[JointState] = []
        self.poses: list[float] = []
        self.texts: list[str] = []
        self.watched = False

    def clock(self, stamp: float) -> None:
        self.stamps.append(stamp)

    def joints(self, arm: JointState, fingers: np.ndarray, finger_velocity: np.ndarray) -> None:
        assert fingers.shape == finger_velocity.shape == (2,)
        self.states.append(arm)

    def truth(self, tool: Pose, part: Pose, stamp: float) -> None:
        self.poses.append(stamp)

    def frame(self, frame: Frame, camera: int) -> None:
        raise AssertionError("nothing is drawn here")

    def wanted(self, camera: int) -> bool:
        return camera == 0 or self.watched

    def rejected(self, reason: str) -> None:
        self.texts.append(reason)

    def warn(self, text: str) -> None:
        self.texts.append(text)


class Renderer:
    """Has the interface of `RenderProcess`; draws nothing and breaks on demand."""

    def __init__(self) -> None:
        self.requests: list[float] = []
        self.asked: list[tuple[int, ...]] = []
        self.busy = False
        self.broken = False
        self.closed = False

    @property
    def cameras(self) -> list[int]:
        """Of every picture, in the order in which they are drawn."""
        return [camera for cameras in self.asked for camera in cameras]

    def stamps(self, camera: int) -> list[float]:
        """s, of the pictures of this camera."""
        return [stamp for stamp, cameras in zip(self.requests, self.asked) if camera in cameras]

    def request(self, state: SceneState, stamp: float, cameras: tuple[int, ...] = (0,)) -> bool:
        if not self.busy:
            self.requests.append(stamp)
            self.asked.append(cameras)
        return not self.busy

    def poll(self, timeout: float = 0.0) -> Frame | None:
        if self.broken:
            raise RendererDied("the renderer broke")
        return Frame(np.zeros((2, 2, 3), np.uint8), self.requests[-1])

    def close(self) -> None:
        self.closed = True


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.close()


@pytest.fixture
def renderer() -> Renderer:
    return Renderer()


@pytest.fixture
def outputs() -> Recorder:
    return Recorder()


@pytest.fixture
def loop(scene: Scene, renderer: Renderer, outputs: Recorder) -> RealTimeLoop:
    return loop_of(scene, renderer, outputs)


def loop_of(
    scene: Scene,
    renderer: Renderer,
    outputs: Recorder,
    visitor: Visitor | None = None,
    arm: SimArm | None = None,
    rates: Rates = Rates(),
) -> RealTimeLoop:
    scene.reset(0)
    camera = LiveCamera(lambda: renderer, lambda problem: None)  # type: ignore[arg-type, return-value]
    return RealTimeLoop(arm or SimArm(scene), camera, outputs, StampClock(simulated=True), rates, visitor)


def test_rates_on_an_even_clock(loop: RealTimeLoop, renderer: Renderer, outputs: Recorder) -> None:
    for _ in range(100):  # 1 s
        loop.tick(0.01)
    assert len(outputs.states) == len(outputs.stamps) == 100
    # Due from 0 s to 1 s, both ends included: every 50 ms, every 20 ms.
    assert len(renderer.requests) == 21
    assert len(outputs.poses) == 51
    assert outputs.stamps[-1] == pytest.approx(2.0)  # simulated time began at 1 s
    assert np.diff(outputs.stamps).min() > 0.0


def test_a_starved_loop_catches_up_in_one_message(loop: RealTimeLoop, renderer: Renderer, outputs: Recorder) -> None:
    loop.tick(0.01)
    loop.tick(0.5)
    assert len(outputs.states) == 2 and len(renderer.requests) == 2 and len(outputs.poses) == 2
    assert outputs.states[-1].stamp == pytest.approx(1.51, abs=0.005)


def test_no_stamp_comes_twice(loop: RealTimeLoop, outputs: Recorder) -> None:
    for elapsed in (0.013, 0.002, 0.001, 0.01):  # 3.12, 0.48, 0.24 and 2.4 steps
        loop.tick(elapsed)
    # 3 steps, none (3.6), none (3.84), then 6 (6.24).
    assert [stamp - 1.0 for stamp in outputs.stamps] == pytest.approx([3.0 / 240.0, 6.0 / 240.0])


def test_after_a_long_sleep_the_arm_has_slept_too(loop: RealTimeLoop, outputs: Recorder) -> None:
    loop.tick(3600.0)
    assert outputs.stamps == [pytest.approx(2.0)]


def test_a_busy_renderer_gets_the_newest_state_when_it_is_free(loop: RealTimeLoop, renderer: Renderer) -> None:
    loop.tick(0.01)
    renderer.busy = True
    for _ in range(7):
        loop.tick(0.01)
    renderer.busy = False
    loop.tick(0.01)  # 90 ms: what was due at 50 ms is asked for now
    loop.tick(0.01)
    loop.tick(0.01)
    assert renderer.requests == pytest.approx([1.01, 1.09, 1.10], abs=0.005)


def test_the_watch_camera_is_drawn_for_whoever_looks_and_for_nobody_else(
    loop: RealTimeLoop, renderer: Renderer, outputs: Recorder
) -> None:
    for _ in range(100):  # 1 s
        loop.tick(0.01)
    assert set(renderer.cameras) == {0}
    outputs.watched = True
    for _ in range(100):
        loop.tick(0.01)
    # 10 Hz from 1.1 s to 2 s, and nothing made up for; 20 Hz as before, from 0 s to 2 s, both ends included.
    assert renderer.cameras.count(1) == pytest.approx(10, abs=1) and renderer.cameras.count(0) == 41


@pytest.mark.parametrize("every", [1, 2, 3])
def test_both_cameras_show_one_moment_at_each_nth_picture_of_the_first(
    scene: Scene, renderer: Renderer, outputs: Recorder, every: int
) -> None:
    outputs.watched = True
    loop = loop_of(scene, renderer, outputs, rates=Rates(camera=20.0, watch_camera=20.0 / every))
    for _ in range(200):  # 2 s
        loop.tick(0.01)
    assert renderer.stamps(0) == pytest.approx([1.0 + 0.05 * picture for picture in range(41)], abs=0.011)
    assert renderer.stamps(1) == renderer.stamps(0)[::every]  # one scene state and one stamp, asked for together


def test_a_watch_camera_of_any_rate_keeps_it_and_the_first_one_its_own(scene: Scene, outputs: Recorder) -> None:
    outputs.watched = True
    for rate in (7.0, 15.0, 30.0, 45.0):
        renderer = Renderer()
        loop = loop_of(scene, renderer, outputs, rates=Rates(camera=20.0, watch_camera=rate))
        for _ in range(400):  # 4 s
            loop.tick(0.01)
        first, watch = renderer.stamps(0), renderer.stamps(1)
        assert len(first) == 81 and len(watch) == pytest.approx(4.0 * rate, abs=2), rate
        # Of the slower one every picture is of a moment of the other.
        assert set(watch if rate < 20.0 else first) <= set(first if rate < 20.0 else watch), rate


class SlowRenderer(Renderer):
    """Is busy for `ticks` a picture, which `tick` counts."""

    def __init__(self, ticks: int) -> None:
        super().__init__()
        self._ticks, self._left = ticks, 0

    def request(self, state: SceneState, stamp: float, cameras: tuple[int, ...] = (0,)) -> bool:
        taken = super().request(state, stamp, cameras)
        if taken:
            self.busy, self._left = True, self._ticks * len(cameras)
        return taken

    def tick(self) -> None:
        self._left -= 1
        self.busy = self._left > 0


def test_a_renderer_that_is_too_slow_for_both_cameras_gives_each_its_share(scene: Scene, outputs: Recorder) -> None:
    outputs.watched, renderer = True, SlowRenderer(20)
    loop = loop_of(scene, renderer, outputs)
    for _ in range(600):  # 6 s, 200 ms a picture: in that time both cameras are due
        renderer.tick()
        loop.tick(0.01)
    assert len(renderer.cameras) == pytest.approx(30, abs=1)
    assert renderer.cameras.count(1) == pytest.approx(10, abs=1)  # as 10 Hz to 20 Hz
    assert set(renderer.stamps(1)) <= set(renderer.stamps(0))


def test_the_first_camera_keeps_its_rate_where_a_picture_of_each_takes_most_of_its_period(scene: Scene, outputs: Recorder) -> None:
    outputs.watched, renderer = True, SlowRenderer(2)
    loop = loop_of(scene, renderer, outputs, rates=Rates(watch_camera=20.0))
    for _ in range(200):  # 2 s, 20 ms a picture: 40 of 50 ms
        renderer.tick()
        loop.tick(0.01)
    assert len(renderer.stamps(0)) == 41 and renderer.stamps(1) == renderer.stamps(0)
    assert np.diff(renderer.stamps(0)).max() < 0.061


def test_a_trajectory_is_followed_to_its_end(loop: RealTimeLoop, scene: Scene, outputs: Recorder) -> None:
    goal = scene.read(0.0).position + 0.2
    loop.submit(Trajectory(ARM_JOINTS, np.array([0.3]), goal[None], np.zeros((1, 7))), None)
    for _ in range(60):
        loop.tick(0.01)
    assert np.abs(outputs.states[-1].position - goal).max() < 1e-3
    assert outputs.texts == []


def test_a_trajectory_is_joined_when_it_came_and_not_a_tick_later(
    scene: Scene, renderer: Renderer, outputs: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A guard that allows a controller 4 ms would be wrong about one that may be a tick of 10 ms late.
    scene.reset(0)
    arm = SimArm(scene)
    loop = loop_of(scene, renderer, outputs, arm=arm)
    start, began, now = scene.read(0.0).position, arm.now, 50.0
    monkeypatch.setattr("sim.real_time.time.monotonic", lambda: now - 0.007)
    loop.submit(Trajectory(ARM_JOINTS, np.array([0.1]), start[None] + 0.1), None)
    monkeypatch.setattr("sim.real_time.time.monotonic", lambda: now)
    loop.tick(0.01)
    # 0.1 rad in 0.1 s in a straight line: 7 of the 10 ms.
    assert arm.controller.sample(began + 0.01).position - start == pytest.approx(0.007, abs=1e-6)


def test_a_stamp_is_a_time_of_the_outside_world(loop: RealTimeLoop, outputs: Recorder) -> None:
    loop.tick(0.5)  # it is 1.5 s
    loop.submit(Trajectory(ARM_JOINTS, np.array([0.2]), np.zeros((1, 7))), 1.1)
    loop.tick(0.01)
    assert len(outputs.texts) == 1 and "wholly past" in outputs.texts[0]


def test_a_forearm_comes_in_once_the_arm_has_been_told_to_move(scene: Scene, renderer: Renderer, outputs: Recorder) -> None:
    said: list[tuple[str, bool]] = []
    visit = make_visit("intruder=medium", 0)
    assert visit is not None
    loop = loop_of(scene, renderer, outputs, Visitor(scene, visit, lambda *what: said.append(what)))
    outside = scene.state().forearm
    assert outside is not None and abs(outside.position[1]) - 0.245 == pytest.approx(0.60)  # half of it, and its tip
    for _ in range(300):  # 3 s, longer than an onset of 1.6 s at most and 0.8 s on the way
        loop.tick(0.01)
    assert scene.state().forearm is outside
    loop.submit(Trajectory(ARM_JOINTS, np.array([0.3]), scene.read(0.0).position[None], np.zeros((1, 7))), None)
    for _ in range(55):  # 0.55 s: the earliest onset is 0.6 s
        loop.tick(0.01)
    assert scene.state().forearm is outside
    for _ in range(245):
        loop.tick(0.01)
    there = scene.state().forearm
    # 13 cm further in than 25 cm from the middle.
    assert there is not None and abs(there.position[1]) - 0.245 == pytest.approx(0.12)
    assert said[0] == ("a forearm comes in once the arm has begun to move", False)
    assert said[-1] == ("a forearm is in the scene", False)  # an arm at home is above it


def test_an_arm_that_touches_the_forearm_is_told_of_for_good(scene: Scene, renderer: Renderer, outputs: Recorder) -> None:
    said: list[tuple[str, bool]] = []

    class AtTheHand(Visit):
        """Comes in where the tool is."""

        def pose(self, seconds: float) -> Pose:
            place = scene.tool_pose().position if seconds > self.onset else np.array([0.5, 2.0, 0.1])
            return Pose(place, np.array([0.0, 0.0, 0.0, 1.0]))

    loop = loop_of(scene, renderer, outputs, Visitor(scene, AtTheHand("medium", 0), lambda *what: said.append(what)))
    loop.submit(Trajectory(ARM_JOINTS, np.array([0.3]), scene.read(0.0).position[None], np.zeros((1, 7))), None)
    for _ in range(200):
        loop.tick(0.01)
    assert said[-1] == ("the arm has touched the forearm", True) and [touched for _, touched in said].count(True) == 1


@pytest.mark.parametrize("text", ["glare=medium", "intruder", "intruder=huge"])
def test_what_the_running_simulator_cannot_bring_about_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        make_visit(text, 0)


def test_says_why_a_trajectory_is_not_followed(loop: RealTimeLoop, outputs: Recorder) -> None:
    loop.submit(Trajectory(("elbow",), np.array([1.0]), np.zeros((1, 1))), None)
    loop.tick(0.01)
    assert len(outputs.texts) == 1 and "unknown ['elbow']" in outputs.texts[0]


def test_says_when_setpoints_are_not_finite(loop: RealTimeLoop, outputs: Recorder) -> None:
    loop.submit(Trajectory(ARM_JOINTS, np.array([0.1]), np.full((1, 7), np.inf)), None)
    for _ in range(3):
        loop.tick(0.01)
    assert any("not finite" in text for text in outputs.texts)


def test_a_renderer_that_died_is_reported_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("sim.live_camera.time.monotonic", lambda: now[0])
    made: list[Renderer] = []
    reports: list[str | None] = []
    state = SceneState(np.zeros(7), np.zeros(2), Pose(np.zeros(3)))

    def make() -> Renderer:
        made.append(Renderer())
        return made[-1]

    camera = LiveCamera(make, reports.append)  # type: ignore[arg-type]
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
