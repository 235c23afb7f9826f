"""The planner dies in the middle of a motion: the guard brings the arm to rest, within the limits."""

import os
import signal
import time

import launch_pytest
import numpy as np
import pytest

from wm_core.types import Goal
from wm_ros.outcome import Code

pytestmark = pytest.mark.timeout(90)

PROPOSAL_TIMEOUT = 0.35  # s, as in launch/config/arm_planner.yaml
REACTION = 0.1  # s
# From 1.5 rad/s at 3.75 rad/s^2 in 0.4 s, and 0.1 s for the jerk; the physics settles for another 0.1 s.
DECELERATION = 0.6


@launch_pytest.fixture
def stack(launch_stack):
    return launch_stack(sim="true", model="none")


@pytest.mark.launch(fixture=stack)
def test_the_arm_comes_to_rest(stack, driver, client, observer, robot):
    driver.ready()
    turn = np.eye(7)[0] * 0.85
    assert client.send(Goal(joints=robot.home - turn), 20.0).code is Code.SUCCESS
    target = robot.home + turn
    client.start(Goal(joints=target), 20.0)
    observer.wait_for(lambda: observer.speed() > 0.5, 10.0, "motion")

    os.kill(stack[1].pids["wm_planner_node"], signal.SIGKILL)
    killed = time.monotonic()
    observer.wait_for(lambda: observer.guard.holds, 2.0, "the guard's hold")
    held = time.monotonic() - killed
    observer.wait_for(lambda: observer.speed() < 0.01, 2.0, "rest")
    rested = time.monotonic() - killed

    assert held <= PROPOSAL_TIMEOUT + REACTION
    assert rested <= PROPOSAL_TIMEOUT + REACTION + DECELERATION
    assert np.abs(observer.joints.position - target).max() > 0.1  # it was on its way, and did not go on
    assert (observer.outside, observer.guard.published_outside_limits) == ([], 0)
    assert "no acceptable proposal" in observer.guard.last_reason
