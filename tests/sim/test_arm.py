"""The simulated arm: trajectories become motion."""

from __future__ import annotations

from typing import Iterator

import numpy as np
import pytest

from sim.arm import SimArm
from sim.controller import TrajectoryRejected
from sim.scene import ARM_JOINTS, PHYSICS_STEP, Scene
from wm_core.protocols import Arm
from wm_core.types import Trajectory


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.close()


@pytest.fixture
def arm(scene: Scene) -> SimArm:
    scene.reset(7)
    return SimArm(scene, start_time=50.0)


def move(arm: SimArm, by: float, seconds: float) -> Trajectory:
    rest = np.zeros((1, 7))
    return Trajectory(ARM_JOINTS, np.array([seconds]), arm.read().position[None] + by, rest, rest)


def test_implements_the_protocol(arm: SimArm) -> None:
    assert isinstance(arm, Arm)
    assert arm.joint_names == ARM_JOINTS


def test_time_passes_in_physics_steps_and_keeps_what_is_left(arm: SimArm) -> None:
    assert arm.read().stamp == 50.0
    # 10 ms are 2.4 steps of 1/240 s: 2, then 4.8 - 2 = 2, then 7.2 - 4 = 3, then 9.6 - 7 = 2, then 12 - 9 = 3.
    assert [arm.advance(0.01) for _ in range(5)] == [2, 2, 3, 2, 3]
    assert arm.now == pytest.approx(50.0 + 12 * PHYSICS_STEP)
    assert arm.advance(0.0) == 0


def test_a_thousand_tenths_are_a_hundred_seconds(arm: SimArm) -> None:
    assert sum(arm.advance(0.1) for _ in range(20)) == 480  # 2 s


def test_holds_without_orders(arm: SimArm) -> None:
    before = arm.read().position
    arm.advance(1.0)
    assert np.abs(arm.read().position - before).max() < 1e-4


def test_follows_a_trajectory_closely_and_rests_at_its_end(arm: SimArm) -> None:
    goal = arm.read().position + 0.4
    sent = arm.send(move(arm, 0.4, 1.0))
    assert sent.positions == pytest.approx(goal[None])
    worst = 0.0
    for _ in range(100):
        arm.advance(0.01)
        worst = max(worst, np.abs(arm.read().position - arm.controller.sample(arm.now).position).max())
    assert worst < 0.01  # rad, while moving at up to 0.75 rad/s
    arm.advance(0.2)
    assert np.abs(arm.read().position - goal).max() < 1e-3
    assert np.abs(arm.read().velocity).max() < 1e-2


def test_a_replacement_does_not_jerk_the_arm(arm: SimArm) -> None:
    arm.send(move(arm, 0.4, 1.0))
    arm.advance(0.5)
    before = arm.read().velocity
    arm.send(move(arm, -0.2, 1.0))
    arm.advance(PHYSICS_STEP)
    # 0.75 rad/s, and the new motion brakes by no more than about 10 rad/s^2: less than 0.05 rad/s in one step.
    assert np.abs(arm.read().velocity - before).max() < 0.05


def test_a_rejected_trajectory_changes_nothing(arm: SimArm) -> None:
    arm.send(move(arm, 0.2, 0.5))
    with pytest.raises(TrajectoryRejected):
        arm.send(Trajectory(ARM_JOINTS[:6], np.array([1.0]), np.zeros((1, 6))))
    goal = arm.controller.sample(arm.now + 1.0).position
    arm.advance(1.0)
    assert np.abs(arm.read().position - goal).max() < 1e-3


def test_setpoints_that_are_not_finite_do_not_reach_the_servos(arm: SimArm) -> None:
    before = arm.read().position
    arm.send(Trajectory(ARM_JOINTS, np.array([0.1]), np.full((1, 7), np.nan)))
    arm.advance(0.2)
    assert arm.refused_setpoints == 48  # every step of 0.2 s
    assert np.abs(arm.read().position - before).max() < 1e-3


def test_reset_holds_where_the_scene_was_put(arm: SimArm, scene: Scene) -> None:
    arm.send(move(arm, 0.4, 1.0))
    arm.advance(0.5)
    scene.reset(8)
    arm.reset()
    home = arm.read().position
    arm.advance(0.5)
    assert np.abs(arm.read().position - home).max() < 1e-3


@pytest.mark.parametrize("seconds", [-0.1, np.nan, np.inf])
def test_time_does_not_go_back(arm: SimArm, seconds: float) -> None:
    with pytest.raises(ValueError, match="expected a finite duration"):
        arm.advance(seconds)


def test_the_same_orders_give_the_same_motion(scene: Scene) -> None:
    ends = []
    for _ in range(2):
        scene.reset(3)
        arm = SimArm(scene)
        arm.send(move(arm, 0.3, 0.5))
        arm.advance(0.7)
        ends.append(arm.read().position)
    assert np.array_equal(*ends)
