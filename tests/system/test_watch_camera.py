"""A forearm comes in while the arm pushes: the watch camera's gate stops the arm before it is touched, through the launch file."""

import launch_pytest
import pytest
from diagnostic_msgs.msg import DiagnosticArray

from sim.environment import PandaTabletop
from wm_core.config import load_config, save_config
from wm_core.monitor import GateConfig, gate_files
from wm_core.monitor.config import Thresholds
from wm_core.resources import find_model
from wm_ros.outcome import Code

# Of this seed arm and part are at the right, and the forearm comes in from the left.
MODEL, SEED = "panda_table", 1013
FILES = gate_files(cameras=2, model_views=1)
pytestmark = [pytest.mark.timeout(180), pytest.mark.slow]


@pytest.fixture(scope="module")
def wary(tmp_path_factory):
    """The shipped model, with a gate that watches for nothing but what comes in: late frames of a busy machine upset the others."""
    folder, shipped = tmp_path_factory.mktemp("wary"), find_model(MODEL)
    for file in shipped.iterdir():
        (folder / file.name).symlink_to(file.resolve())
    (folder / FILES.config).unlink()
    config = load_config(GateConfig, shipped / FILES.config)
    only = Thresholds(watch=config.thresholds.watch)
    save_config(config.model_copy(update={"thresholds": only}), folder / FILES.config)
    return folder


@launch_pytest.fixture(scope="module")
def stack(launch_stack, wary):
    scene = {"task": "push", "seed": str(SEED), "perturb": "intruder=medium"}
    return launch_stack(sim="true", model=str(wary), watch_camera_topic="watch_camera/image_raw", **scene)


@pytest.mark.launch(fixture=stack)
def test_the_arm_stops_before_it_is_touched(stack, driver, client, observer):
    environment = PandaTabletop("push")
    environment.reset(SEED)  # the scene of the launched simulator
    (stage,) = environment.stages(SEED, "image")
    environment.close()
    said = {}
    client.node.create_subscription(
        DiagnosticArray, "/diagnostics", lambda each: said.update({part.name: part for part in each.status}), 10
    )
    driver.ready(90.0)
    observer.wait_for(lambda: "sim: intruder" in said, 10.0, "what the simulator says of the forearm")
    assert said["sim: intruder"].message == "a forearm comes in once the arm has begun to move"
    outcome = client.send(stage.goal, 60.0)
    assert outcome.code is Code.SURPRISED and "watch " in outcome.message, outcome
    assert "planner: watch_camera" in said
    observer.wait_for(lambda: observer.speed() < 0.01, 5.0, "rest")
    # It is told of once a second, and of a touch for good.
    observer.wait_for(lambda: said["sim: intruder"].message != "a forearm comes in once the arm has begun to move", 5.0, "the forearm")
    assert said["sim: intruder"].message == "a forearm is in the scene"
    assert (observer.outside, observer.guard.published_outside_limits) == ([], 0)


@pytest.mark.launch(fixture=stack, shutdown=True)
def test_it_shuts_down_cleanly_with_two_cameras(stack):
    assert stack[1].codes == {"wm_sim_node": 0, "wm_guard_node": 0, "wm_planner_node": 0}
    assert stack[1].alive() == []
