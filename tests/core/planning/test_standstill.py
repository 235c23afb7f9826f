"""An arm that stands while an object is not where it shall be goes elsewhere and begins anew."""

import numpy as np
import pytest
import torch

from wm_core.config import BoxConfig, PlannerConfig, StandstillConfig
from wm_core.planning import MpcPlanner
from wm_core.planning.standstill import looks_far, watch, way_out
from wm_core.types import Focus, Goal, PlannerState, Standing

SETTINGS = StandstillConfig(patience=1.0, radius=0.02, content=0.03, leave=0.6, far=3.0, horizon=9)
HERE = np.array([0.5, 0.0, 0.1])
STEP = 0.2


def follow(places, missing=0.1, known=None, settings=SETTINGS):
    """What is known after the tool was at `places`, a model step apart, from 10 s on."""
    generator = torch.Generator().manual_seed(0)
    for row, place in enumerate(places):
        known = watch(settings, known, place, 10.0 + STEP * row, missing, generator)
    return known


def test_it_waits_as_long_as_it_is_told():
    assert follow([HERE] * 5).aside is None
    found = follow([HERE] * 6)
    assert np.linalg.norm(found.aside) == pytest.approx(1.0) and found.left == pytest.approx(11.0)


def test_an_arm_that_moves_is_left_alone():
    assert follow(HERE + 0.006 * np.arange(12)[:, None]).aside is None


def test_trembling_is_no_motion():
    assert follow(HERE + 0.01 * np.array([0, 1] * 3)[:, None] * [1, 0, 0]).aside is not None


def test_an_object_that_is_nearly_there_is_left_alone():
    assert follow([HERE] * 12, missing=0.029).aside is None


def test_it_looks_again_once_in_a_while_and_keeps_its_fingers_shut():
    looking = SETTINGS.model_copy(update={"look_again": True})
    found = follow([HERE] * 6, missing=0.01, settings=looking)
    assert found.left == pytest.approx(11.0)
    assert (way_out(looking, found, 11.0, STEP)[:, 3] == 0.0).all()
    assert follow([HERE] * 20, missing=0.01, settings=looking).left == pytest.approx(11.0)  # by 13.8 s; it may from 14.0 on
    assert follow([HERE] * 27, missing=0.01, settings=looking).left == pytest.approx(14.8)


def test_a_tool_that_cannot_leave_waits_anew():
    assert follow([HERE] * 10).left == pytest.approx(11.0)
    assert follow([HERE] * 11).left == pytest.approx(12.0)


def test_a_clock_that_runs_backwards_begins_anew():
    known = watch(SETTINGS, Standing(HERE, 50.0, 50.0, np.ones(2)), HERE, 10.0, 0.1, torch.Generator())
    assert known.since == 10.0 and known.aside is None and not looks_far(SETTINGS, known, 10.0)


def test_the_way_out_rises_opens_and_then_goes_aside():
    standing = Standing(HERE, 11.0, 11.0, np.array([0.6, -0.8]))
    ways = way_out(SETTINGS, standing, 11.0, STEP)
    assert ways[0] == pytest.approx([0.0, 0.0, 1.0, 1.0])
    assert ways[1:] == pytest.approx(np.tile([0.6 / 2**0.5, -0.8 / 2**0.5, 1 / 2**0.5, 1.0], (2, 1)))
    assert way_out(SETTINGS, standing, 11.2, STEP) == pytest.approx(ways[1:])
    assert len(way_out(SETTINGS, standing, 11.6, STEP)) == 0
    assert len(way_out(SETTINGS, Standing(HERE, 11.0), 11.0, STEP)) == 0


@pytest.fixture
def stand(robot, arm, home, fakes):
    """Plans for an arm that does not move, every 0.2 s. -> the last of them."""

    def make(config, plans, focus=Focus.OBJECT, seed=0, obstacles=()):
        far = arm.forward(home).position + [0.0, 0.0, -0.4]  # a part out of reach, so that nothing gains
        planner = MpcPlanner(robot, arm, config, fakes.GraspingWorldModel(arm, far), threads=1, obstacles=obstacles)
        goal, state = Goal(image=fakes.goal_image(far + [0.1, 0.0, 0.0]), focus=focus), PlannerState(seed)
        for row in range(plans):
            plan, state = planner.plan([fakes.observe(home, STEP * row)] * 2, goal, state)
        return plan

    return make


BUDGET = dict(samples=16, iterations=1, deadline=60.0)
LOOKING = PlannerConfig(standstill=SETTINGS, **BUDGET)


def test_a_standing_arm_leaves(stand, arm, home):
    tool = arm.forward(home).position
    assert np.linalg.norm(stand(PlannerConfig(**BUDGET), 6).tool_path[2] - tool) < 0.02
    plan = stand(LOOKING, 6)
    assert plan.tool_path[2][2] - tool[2] > 0.08 and np.linalg.norm(plan.tool_path[2][:2] - tool[:2]) > 0.04
    assert plan.gripper[:3].tolist() == [1.0, 1.0, 1.0]


def test_until_then_nothing_changes(stand):
    plain, looking = stand(PlannerConfig(**BUDGET), 5), stand(LOOKING, 5)
    assert np.array_equal(plain.joint_path, looking.joint_path)


def test_a_goal_that_shows_the_arm_is_never_left(stand):
    plain, looking = (stand(config, 8, Focus.SCENE) for config in (PlannerConfig(**BUDGET), LOOKING))
    assert np.array_equal(plain.joint_path, looking.joint_path)


def test_the_same_seed_makes_the_same_detour(stand):
    paths = [stand(LOOKING, 6, seed=seed).joint_path for seed in (3, 3, 4)]
    assert np.array_equal(paths[0], paths[1]) and not np.array_equal(paths[0], paths[2])


def test_for_a_while_it_looks_farther(stand):
    assert [len(stand(LOOKING, plans).joint_path) for plans in (5, 6, 9)] == [5, 9, 9]
    brief = LOOKING.model_copy(update={"standstill": SETTINGS.model_copy(update={"far": 0.7})})
    assert [len(stand(brief, plans).joint_path) for plans in (6, 9, 10)] == [9, 9, 5]


def test_among_obstacles_nothing_is_forced(stand, arm, home):
    aloft = BoxConfig(lower=(0.9, 0.9, 0.9), upper=(1.0, 1.0, 1.0))
    plan = stand(LOOKING, 6, obstacles=(aloft,))
    assert len(plan.joint_path) == 9
    assert np.linalg.norm(plan.tool_path[2] - arm.forward(home).position) < 0.02
