"""The fingers behind their controller, in the loop that runs the arm; and the scenes that the node can begin with."""

from __future__ import annotations

import numpy as np
import pytest

from sim.arm import SimArm
from sim.camera import CameraView, SceneCamera
from sim.environment import PandaTabletop
from sim.hand import SimHand
from sim.node_scene import make_workplace
from sim.pacing import StampClock
from sim.real_time import Rates, RealTimeLoop
from sim.render_process import RenderProcess
from sim.scene import FINGER_JOINTS, Scene
from wm_core.types import Trajectory

SEED = 4


class NoCamera:
    waiting = False

    def request(self, state, stamp, cameras):
        return False


class Outputs:
    def __init__(self):
        self.fingers, self.texts = [], []

    def joints(self, arm, fingers, finger_velocity):
        self.fingers.append(fingers)

    def rejected(self, reason):
        self.texts.append(reason)

    clock = warn = lambda self, value: None
    truth = lambda self, tool, part, stamp: None
    wanted = lambda self, camera: camera == 0


@pytest.fixture
def scene():
    scene = Scene()
    yield scene
    scene.close()


def to(position, seconds):
    return Trajectory(FINGER_JOINTS, np.array([seconds]), np.full((1, 2), position))


def test_fingers_follow_their_trajectory_and_hold_its_end(scene):
    outputs = Outputs()
    loop = RealTimeLoop(SimArm(scene), NoCamera(), outputs, StampClock(simulated=True), Rates())
    loop.tick(0.01)
    assert outputs.fingers[-1] == pytest.approx([0.02, 0.02], abs=1e-3)
    loop.submit_fingers(to(0.04, 0.4), None)
    for _ in range(100):  # 1 s
        loop.tick(0.01)
    halfway = outputs.fingers[20]
    assert halfway == pytest.approx([0.03, 0.03], abs=3e-3)  # 0.2 s of 0.4 s on the way from 2 to 4 cm
    assert outputs.fingers[-1] == pytest.approx([0.04, 0.04], abs=1e-3)
    assert outputs.texts == []


def test_a_trajectory_of_other_joints_is_rejected_as_by_any_controller(scene):
    outputs = Outputs()
    loop = RealTimeLoop(SimArm(scene), NoCamera(), outputs, StampClock(simulated=True), Rates())
    loop.submit_fingers(Trajectory(FINGER_JOINTS[:1], np.array([0.4]), np.zeros((1, 1))), None)
    loop.tick(0.01)
    assert "missing ['panda_finger_joint2']" in outputs.texts[0]


def test_before_the_first_trajectory_the_fingers_stay_as_the_scene_has_them():
    place = make_workplace("pick_place", SEED, gui=False)
    hand = SimHand(place.scene)
    hand.drive(0.0)
    assert place.scene.opening_target == pytest.approx(0.08)  # a pick begins with open fingers
    place.scene.close()


@pytest.mark.parametrize("task", ["push", "pick_place"])
def test_a_task_is_set_out_as_its_environment_does(task):
    place = make_workplace(task, SEED, gui=False)
    environment = PandaTabletop(task, image_size=64)
    try:
        seen = environment.reset(SEED).image
        assert np.array_equal(SceneCamera(64, 64, place.view).render(place.scene), seen)
        assert place.view != CameraView() and place.scene.part.size == 0.046
        renderer = RenderProcess(64, 64, (place.view,), place.scene.part)
        try:
            assert renderer.poll(30.0) is None and not renderer.busy  # it has loaded
            assert renderer.request(place.scene.state(), 1.0)
            assert np.array_equal(renderer.poll(30.0).image, seen)
        finally:
            renderer.close()
    finally:
        environment.close()
        place.scene.close()


def test_the_tabletop_is_what_it_always_was(scene):
    place = make_workplace("tabletop", SEED, gui=False)
    scene.reset(SEED)
    assert np.array_equal(SceneCamera(64, 64, place.view).render(place.scene), SceneCamera(64, 64).render(scene))
    place.scene.close()
