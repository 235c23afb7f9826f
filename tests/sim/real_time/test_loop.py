"""The real-time loop, driven by hand: no clock, no renderer, no thread."""

import numpy as np
import pytest

from sim.arm import SimArm
from sim.perturbations.visit import Visit
from sim.scene import ARM_JOINTS
from sim.visitor import Visitor, make_visit
from wm_core.types import Pose, Trajectory


def test_rates_on_an_even_clock(loop, renderer, outputs):
    for _ in range(100):  # 1 s
        loop.tick(0.01)
    assert len(outputs.states) == len(outputs.stamps) == 100
    # Due from 0 s to 1 s, both ends included: every 50 ms, every 20 ms.
    assert len(renderer.requests) == 21
    assert len(outputs.poses) == 51
    assert outputs.stamps[-1] == pytest.approx(2.0)  # simulated time began at 1 s
    assert np.diff(outputs.stamps).min() > 0.0


def test_a_starved_loop_catches_up_in_one_message(loop, renderer, outputs):
    loop.tick(0.01)
    loop.tick(0.5)
    assert len(outputs.states) == 2 and len(renderer.requests) == 2 and len(outputs.poses) == 2
    assert outputs.states[-1].stamp == pytest.approx(1.51, abs=0.005)


def test_no_stamp_comes_twice(loop, outputs):
    for elapsed in (0.013, 0.002, 0.001, 0.01):  # 3.12, 0.48, 0.24 and 2.4 steps
        loop.tick(elapsed)
    # 3 steps, none (3.6), none (3.84), then 6 (6.24).
    assert [stamp - 1.0 for stamp in outputs.stamps] == pytest.approx([3.0 / 240.0, 6.0 / 240.0])


def test_after_a_long_sleep_the_arm_has_slept_too(loop, outputs):
    loop.tick(3600.0)
    assert outputs.stamps == [pytest.approx(2.0)]


def test_a_trajectory_is_followed_to_its_end(loop, scene, outputs):
    goal = scene.read(0.0).position + 0.2
    loop.submit(Trajectory(ARM_JOINTS, np.array([0.3]), goal[None], np.zeros((1, 7))), None)
    for _ in range(60):
        loop.tick(0.01)
    assert np.abs(outputs.states[-1].position - goal).max() < 1e-3
    assert outputs.texts == []


def test_a_trajectory_is_joined_when_it_came_and_not_a_tick_later(by_hand, scene, renderer, outputs, monkeypatch):
    # A guard that allows a controller 4 ms would be wrong about one that may be a tick of 10 ms late.
    scene.reset(0)
    arm = SimArm(scene)
    loop = by_hand.loop_of(scene, renderer, outputs, arm=arm)
    start, began, now = scene.read(0.0).position, arm.now, 50.0
    monkeypatch.setattr("sim.real_time.time.monotonic", lambda: now - 0.007)
    loop.submit(Trajectory(ARM_JOINTS, np.array([0.1]), start[None] + 0.1), None)
    monkeypatch.setattr("sim.real_time.time.monotonic", lambda: now)
    loop.tick(0.01)
    # 0.1 rad in 0.1 s in a straight line: 7 of the 10 ms.
    assert arm.controller.sample(began + 0.01).position - start == pytest.approx(0.007, abs=1e-6)


def test_a_stamp_is_a_time_of_the_outside_world(loop, outputs):
    loop.tick(0.5)  # it is 1.5 s
    loop.submit(Trajectory(ARM_JOINTS, np.array([0.2]), np.zeros((1, 7))), 1.1)
    loop.tick(0.01)
    assert len(outputs.texts) == 1 and "wholly past" in outputs.texts[0]


def test_a_forearm_comes_in_once_the_arm_has_been_told_to_move(by_hand, scene, renderer, outputs):
    said = []
    visit = make_visit("intruder=medium", 0)
    assert visit is not None
    loop = by_hand.loop_of(scene, renderer, outputs, Visitor(scene, visit, lambda *what: said.append(what)))
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


def test_an_arm_that_touches_the_forearm_is_told_of_for_good(by_hand, scene, renderer, outputs):
    said = []

    class AtTheHand(Visit):
        """Comes in where the tool is."""

        def pose(self, seconds: float) -> Pose:
            place = scene.tool_pose().position if seconds > self.onset else np.array([0.5, 2.0, 0.1])
            return Pose(place, np.array([0.0, 0.0, 0.0, 1.0]))

    loop = by_hand.loop_of(scene, renderer, outputs, Visitor(scene, AtTheHand("medium", 0), lambda *what: said.append(what)))
    loop.submit(Trajectory(ARM_JOINTS, np.array([0.3]), scene.read(0.0).position[None], np.zeros((1, 7))), None)
    for _ in range(200):
        loop.tick(0.01)
    assert said[-1] == ("the arm has touched the forearm", True) and [touched for _, touched in said].count(True) == 1


@pytest.mark.parametrize("text", ["glare=medium", "intruder", "intruder=huge"])
def test_what_the_running_simulator_cannot_bring_about_is_refused(text):
    with pytest.raises(ValueError, match="expected"):
        make_visit(text, 0)


def test_says_why_a_trajectory_is_not_followed(loop, outputs):
    loop.submit(Trajectory(("elbow",), np.array([1.0]), np.zeros((1, 1))), None)
    loop.tick(0.01)
    assert len(outputs.texts) == 1 and "unknown ['elbow']" in outputs.texts[0]


def test_says_when_setpoints_are_not_finite(loop, outputs):
    loop.submit(Trajectory(ARM_JOINTS, np.array([0.1]), np.full((1, 7), np.inf)), None)
    for _ in range(3):
        loop.tick(0.01)
    assert any("not finite" in text for text in outputs.texts)
