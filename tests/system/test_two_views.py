"""A model that sees through two cameras, in the launched stack: of random weights, so it is asked only that it plans on both."""

import launch_pytest
import numpy as np
import pytest
import torch
from wm_interfaces.msg import PlannerStatistics

from sim.environment import PandaTabletop
from wm_core.config import ModelCardConfig, PlannerConfig, WorldModelConfig
from wm_core.model.checkpoint import save_world_model
from wm_core.model.world_model import JepaWorldModel
from wm_core.types import Goal, Pose
from wm_ros.outcome import Code

pytestmark = [pytest.mark.timeout(180), pytest.mark.slow]


@pytest.fixture(scope="module")
def two_views(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two_views")
    config = WorldModelConfig(image_size=32, visual_dim=8, joint_dim=4, channels=(4, 4), hidden=16, views=2)
    torch.manual_seed(0)
    card = ModelCardConfig(model=config, planner=PlannerConfig(samples=32, horizon=5))
    save_world_model(JepaWorldModel(config), card, folder)
    return folder


@launch_pytest.fixture(scope="module")
def stack(launch_stack, two_views):
    return launch_stack(sim="true", seed="3", model=str(two_views), watch_camera_topic="watch_camera/image_raw")


@pytest.fixture(scope="module")
def goal():
    environment = PandaTabletop(views=2)
    environment.reset(3)  # the scene of the launched simulator
    (stage,) = environment.stages_at(np.array([0.5, 0.2, 0.25]))
    environment.close()
    return stage.goal


@pytest.mark.launch(fixture=stack)
def test_a_pose_is_reached_while_both_cameras_come(stack, driver, client, observer):
    driver.ready(90.0)
    target = np.array([0.5, 0.15, 0.3])
    outcome = client.send(Goal(pose=Pose(target)), 60.0)
    assert outcome.code is Code.SUCCESS, outcome.message
    observer.wait_for(lambda: observer.speed() < 0.01, 5.0, "rest")
    assert np.linalg.norm(observer.tool - target) <= 0.03


@pytest.mark.launch(fixture=stack)
def test_a_goal_of_two_pictures_is_planned_to(stack, driver, client, observer, goal):
    driver.ready(90.0)
    made = []
    client.node.create_subscription(PlannerStatistics, "planner/statistics", made.append, 10)
    pending = client.start(goal, 60.0)
    observer.wait_for(lambda: len(made) > 10 or pending.ended, 30.0, "plans")
    pending.cancel()
    # Where it ends is nothing to a model that has learned nothing: it may be content at once, but it does plan.
    assert pending.result(10.0).code in (Code.CANCELED, Code.SUCCESS, Code.NO_PROGRESS)
    assert made and {each.goal_kind for each in made} == {"image"}
    assert (observer.outside, observer.guard.published_outside_limits) == ([], 0)


@pytest.mark.launch(fixture=stack)
def test_a_goal_of_one_picture_is_refused(stack, driver, client, goal):
    driver.ready(90.0)
    outcome = client.send(Goal(image=goal.image), 10.0)
    assert outcome.code is Code.INVALID_GOAL
    assert "goal has 1 picture, and the model was trained with 2 cameras" in outcome.message


@pytest.mark.launch(fixture=stack, shutdown=True)
def test_it_shuts_down_cleanly(stack):
    assert stack[1].codes == {"wm_sim_node": 0, "wm_guard_node": 0, "wm_planner_node": 0}
    assert stack[1].alive() == []
