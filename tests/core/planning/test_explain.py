"""A plan says what it was chosen from, on a world that is known exactly."""

import cv2
import numpy as np
import pytest

from wm_core.cli.plan_picture import plan_picture, write_plan_picture
from wm_core.config import BoxConfig, PlannerConfig
from wm_core.planning import MpcPlanner
from wm_core.types import Goal, PlannerState, Pose

QUICK = PlannerConfig(deadline=60.0, samples=64, iterations=2)
TARGET = np.array([0.5, 0.25, 0.2])
WALL = BoxConfig(lower=(0.40, 0.08, 0.0), upper=(0.60, 0.14, 0.30))


@pytest.fixture
def make(robot, arm, fakes):
    def build(config=QUICK, **settings):
        return MpcPlanner(robot, arm, config, fakes.LinearWorldModel(arm), threads=1, **settings)

    return build


def test_everything_that_was_scored_is_counted(make, home, fakes):
    plan, _ = make().plan([fakes.observe(home, 0.0)] * 2, Goal(image=fakes.goal_image(TARGET)), PlannerState(seed=0))
    seen = plan.explanation.considered
    # Two iterations of 64, and nothing else.
    assert (seen.scored, seen.invalid, seen.touching) == (128, 0, 0)
    assert seen.limited < 128  # whatever is drawn, holding still is possible


def test_what_limits_bend_is_counted(make, robot, arm, home, fakes):
    # At the edge of the workspace about half of all draws point out of it.
    x, y, z = robot.workspace.upper
    edge = arm.inverse(Pose(np.array([0.5, 0.0, z - 0.02]), np.array(robot.tool_orientation)), home)
    middle = arm.inverse(Pose(np.array([0.5, 0.0, 0.5 * z]), np.array(robot.tool_orientation)), home)
    count = {}
    for name, joints in (("edge", edge), ("middle", middle)):
        goal = Goal(image=fakes.goal_image(TARGET))
        plan, _ = make().plan([fakes.observe(joints, 0.0)] * 2, goal, PlannerState(seed=0))
        count[name] = plan.explanation.considered.limited
    assert count["edge"] > count["middle"] + 30


def test_alternatives_lead_elsewhere_and_cost_more(make, home, fakes):
    goal = Goal(image=fakes.goal_image(TARGET))
    plan, _ = make(PlannerConfig(deadline=60.0, iterations=1, alternatives=4)).plan(
        [fakes.observe(home, 0.0)] * 2, goal, PlannerState(seed=0)
    )
    others = plan.explanation.alternatives
    assert len(others) == 4
    costs = [other.cost for other in others]
    assert plan.cost <= costs[0] and costs == sorted(costs)
    paths = [plan.tool_path, *(other.tool_path for other in others)]
    apart = [np.linalg.norm(a - b, axis=-1).max() for i, a in enumerate(paths) for b in paths[:i]]
    assert min(apart) >= 0.02
    for other in others:
        assert sum(term.value for term in other.terms) == pytest.approx(other.cost, rel=1e-4)
    none, _ = make(PlannerConfig(deadline=60.0, alternatives=0)).plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(seed=0))
    assert none.explanation.alternatives == ()


def test_what_was_foreseen_is_set_beside_what_came(make, arm, home, fakes):
    planner, goal = make(), Goal(image=fakes.goal_image(TARGET))
    first, state = planner.plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(seed=0))
    why = first.explanation
    here = np.linalg.norm(arm.forward(home).position - TARGET)
    assert why.realised == pytest.approx(here, abs=1e-4) and np.isnan(why.foreseen)
    ends = np.linalg.norm(first.tool_path - TARGET, axis=-1)
    assert why.goal_distance == pytest.approx(ends, abs=1e-4)  # this world is what it imagines
    # Half a step later, half way there: between the first two distances, on a way that is nearly straight.
    half = home + 0.5 * (first.joint_path[0] - home)
    second, _ = planner.plan([fakes.observe(half, 0.1)] * 2, goal, state)
    assert second.explanation.foreseen == pytest.approx(0.5 * (here + ends[0]), abs=1e-4)
    assert second.explanation.realised == pytest.approx(second.explanation.foreseen, abs=0.005)
    # Long after its end a plan says nothing of now.
    late, _ = planner.plan([fakes.observe(half, 9.0)] * 2, goal, state)
    assert np.isnan(late.explanation.foreseen)


def test_a_draft_can_be_carried_out_and_its_review_says_why(make, robot, arm, home, fakes):
    clock = fakes.FakeClock()

    class Doubting(fakes.GraspingWorldModel):
        def uncertainty(self, latent, controls):
            clock.time += 7.0
            return super().uncertainty(latent, controls)

    planner = MpcPlanner(robot, arm, QUICK, Doubting(arm, TARGET), threads=1, clock=clock)
    seen, goal = [fakes.observe(home, 0.0)] * 2, Goal(image=fakes.goal_image(TARGET))
    draft = planner.draft(seen, goal, PlannerState(seed=3))
    assert draft.plan.explanation is None and draft.plan.uncertainty is None and clock.time == 0.0
    plan, state = draft.review()
    assert plan.uncertainty is not None and len(plan.explanation.goal_distance) == 5
    # Nobody waits for a review, so its 7 s are no part of what the plan took.
    assert (plan.seconds, plan.deadline_missed) == (0.0, False)
    assert np.array_equal(plan.joint_path, draft.plan.joint_path) and state.seed == draft.state.seed
    whole, after = planner.plan(seen, goal, PlannerState(seed=3))
    assert np.array_equal(whole.joint_path, plan.joint_path) and np.array_equal(after.mean, state.mean)
    assert np.array_equal(after.distances, state.distances) and draft.state.distances is None


def test_a_goal_without_a_picture_imagines_nothing(make, home, fakes):
    plan, _ = make().plan([fakes.observe(home, 0.0)] * 2, Goal(pose=Pose(TARGET)), PlannerState(seed=0))
    assert plan.explanation.goal_distance is None and np.isnan(plan.explanation.realised)


def test_touching_futures_are_counted_and_looked_at_further(make, arm, home, fakes):
    planner = make().with_obstacles([WALL])
    beside = arm.inverse(Pose(np.array([0.5, -0.12, 0.15]), arm.forward(home).orientation), home)
    plan, _ = planner.plan([fakes.observe(beside, 0.0)] * 2, Goal(pose=Pose(TARGET)), PlannerState(seed=0))
    assert 0 < plan.explanation.considered.touching < plan.explanation.considered.scored
    # 5 steps of 5 cm do not lead around; without obstacles they are enough again.
    assert len(plan.joint_path) == 8
    assert planner.with_obstacles([]).config.horizon == 5


def test_the_picture_shows_plan_and_alternatives(make, home, fakes, tmp_path):
    observation, goal = fakes.observe(home, 0.0), Goal(image=fakes.goal_image(TARGET))
    plan, _ = make().plan([observation] * 2, goal, PlannerState(seed=0))
    picture = plan_picture(plan, observation, goal)
    assert picture.shape == (240, 5 * 240 + 4 * 6, 3)  # now, goal, two views of the paths, the steps
    above = picture[:, 2 * 246 : 2 * 246 + 240]
    assert (above == (200, 40, 30)).all(-1).any() and (above == (150, 170, 200)).all(-1).any()
    write_plan_picture(tmp_path / "new" / "plan.png", plan, observation, goal)
    assert cv2.imread(str(tmp_path / "new" / "plan.png")).shape == picture.shape
