"""A position, and that the part be lifted there, is all that is told: the shipped object model, through the launch file."""

import launch_pytest
import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped

from sim.environment import PandaTabletop
from sim.tasks.pick_place import LIFTED
from wm_core.types import Goal, Handling
from wm_ros.conversions import pose_from_message
from wm_ros.outcome import Code

pytestmark = [pytest.mark.timeout(180), pytest.mark.slow]

SEED = 1000


@launch_pytest.fixture(scope="module")
def stack(launch_stack):
    return launch_stack(sim="true", task="pick_place", seed=str(SEED), model="panda_table")


@pytest.mark.launch(fixture=stack)
def test_the_part_is_lifted_over_put_down_and_let_go(stack, driver, client, observer):
    environment = PandaTabletop("pick_place")
    environment.reset(SEED)  # the scene of the launched simulator
    (stage,) = environment.stages(SEED, "object")
    environment.close()
    place, way, phases = stage.goal.object_position, [], []
    client.node.create_subscription(
        PoseStamped, "sim/part_pose", lambda each: way.append(pose_from_message(each).position), 10
    )
    driver.ready(90.0)
    observer.wait_for(lambda: way, 10.0, "where the part is")
    assert np.linalg.norm(way[0] - place) >= 0.1
    outcome = client.send(Goal(object_position=place, handling=Handling.LIFT), 60.0, lambda each: phases.append(each.phase))
    assert outcome.code is Code.SUCCESS, outcome
    observer.wait_for(lambda: observer.speed() < 0.01, 5.0, "rest")
    assert np.linalg.norm(way[-1] - place) <= 0.03  # on the table: the place is
    assert max(position[2] for position in way) - way[0][2] >= LIFTED
    assert observer.tool[2] - way[-1][2] > 0.05  # a part that was still held would be up there, too
    assert [phase for phase in phases if phase][0] == "approach" and phases[-1] == "leave"
    assert (observer.outside, observer.guard.published_outside_limits) == ([], 0)


@pytest.mark.launch(fixture=stack, shutdown=True)
def test_it_shuts_down_cleanly_after_a_lift(stack):
    assert stack[1].codes == {"wm_sim_node": 0, "wm_guard_node": 0, "wm_planner_node": 0}
    assert stack[1].alive() == []
