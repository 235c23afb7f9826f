"""A goal image, and nothing else, moves the arm there: the shipped model, through the launch file."""

import launch_pytest
import numpy as np
import pytest

from sim.environment import PandaTabletop
from wm_core.types import Goal
from wm_ros.outcome import Code

pytestmark = [pytest.mark.timeout(180), pytest.mark.slow]

TARGET = np.array([0.5, 0.2, 0.25])


@launch_pytest.fixture(scope="module")
def stack(launch_stack):
    return launch_stack(sim="true", seed="3")


@pytest.mark.launch(fixture=stack)
def test_the_arm_goes_to_where_the_image_shows_it(stack, driver, client, observer):
    environment = PandaTabletop()
    environment.reset(3)  # the scene of the launched simulator
    (stage,) = environment.stages_at(TARGET)
    environment.close()
    goal = stage.goal
    assert (goal.joints, goal.pose) == (None, None)
    driver.ready(90.0)
    assert np.linalg.norm(observer.tool - TARGET) > 0.15
    seen = []
    outcome = client.send(goal, 60.0, seen.append)
    assert outcome.code is Code.SUCCESS, outcome.message
    observer.wait_for(lambda: observer.speed() < 0.01, 5.0, "rest")
    assert np.linalg.norm(observer.tool - TARGET) <= 0.03
    costs = [each.latent_cost for each in seen if np.isfinite(each.latent_cost)]
    assert costs[-1] < 0.5 * costs[0]
    assert (observer.outside, observer.guard.published_outside_limits) == ([], 0)


@pytest.mark.launch(fixture=stack, shutdown=True)
def test_it_shuts_down_cleanly_with_a_model_loaded(stack):
    assert stack[1].codes == {"wm_sim_node": 0, "wm_guard_node": 0, "wm_planner_node": 0}
    assert stack[1].alive() == []
