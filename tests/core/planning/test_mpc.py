"""The planner in closed loop on worlds that are known exactly."""

from dataclasses import fields

import numpy as np
import pytest
import torch

from wm_core.config import PlannerConfig
from wm_core.planning import MpcPlanner, PlanningError
from wm_core.protocols import Planner
from wm_core.types import Focus, Goal, PlannerState, Pose

QUICK = PlannerConfig(deadline=60.0)  # the clock of a busy machine must not change what is tested
TARGET = np.array([0.5, 0.25, 0.2])


@pytest.fixture
def model(fakes, arm):
    return fakes.LinearWorldModel(arm)


@pytest.fixture
def make(robot, arm, model):
    def build(config=QUICK, world_model=model, **settings):
        return MpcPlanner(robot, arm, config, world_model, threads=1, **settings)

    return build


def drive(planner, goal, start, fakes, plans=25, share=0.5, seed=0):
    """Follows half of each plan's first step, as a planner at 10 Hz does. -> joints at the end, plans."""
    joints, state, made = start.copy(), PlannerState(seed=seed), []
    for row in range(plans):
        plan, state = planner.plan([fakes.observe(joints, 0.1 * row)] * 2, goal, state)
        joints = joints + share * (plan.joint_path[0] - joints)
        made.append(plan)
    return joints, made


def test_an_image_goal_is_reached(make, arm, home, fakes):
    planner = make()
    assert isinstance(planner, Planner)
    joints, plans = drive(planner, Goal(image=fakes.goal_image(TARGET)), home, fakes)
    assert np.linalg.norm(arm.forward(joints).position - TARGET) < 0.01  # from 26 cm
    assert plans[-1].latent_cost < plans[0].latent_cost
    assert {term.name for term in plans[0].terms} >= {"goal_latent", "effort", "smoothness", "joint_limits"}
    assert sum(term.value for term in plans[0].terms) == pytest.approx(plans[0].cost, rel=1e-4)


def test_the_plan_is_consistent(make, arm, home, fakes):
    goal = Goal(image=fakes.goal_image(TARGET))
    plan, state = make().plan([fakes.observe(home, 3.0)] * 2, goal, PlannerState(seed=1))
    tool = np.stack([arm.forward(joints).position for joints in plan.joint_path])
    assert plan.tool_path == pytest.approx(tool, abs=1e-4)
    assert plan.actions == pytest.approx(np.diff(tool, axis=0, prepend=[arm.forward(home).position]), abs=1e-4)
    assert plan.start == pytest.approx(home) and plan.step == 0.2 and plan.joint_path.shape == (5, 7)
    assert (plan.samples, plan.iterations, plan.deadline_missed) == (128, 3, False)
    assert state.stamp == 3.0 and np.shape(state.mean) == (5, 3) and state.seed != 1


@pytest.mark.parametrize("turned", [None, np.array([np.cos(0.3), np.sin(0.3), 0.0, 0.0])])
def test_a_pose_goal_needs_no_model(make, arm, home, fakes, turned):
    joints, plans = drive(make(world_model=None), Goal(pose=Pose(TARGET, turned)), home, fakes)
    pose = arm.forward(joints)
    assert np.linalg.norm(pose.position - TARGET) < 0.003
    if turned is not None:
        assert 2 * np.arccos(min(1.0, abs(pose.orientation @ turned))) < 0.02
    assert np.isnan(plans[0].latent_cost)


@pytest.mark.parametrize("target", [(0.5, 0.0, 0.3), (0.4, -0.2, 0.1), (0.35, 0.3, 0.4)])
def test_an_arm_that_was_stretched_out_too_far_comes_back(make, arm, fakes, target):
    # Where following goals beyond its reach had left it: the elbow (-0.01 of at most 0 rad) bent the wrong way as far as
    # it goes, the hand 36 degrees askew. To put the hand upright it would have to bend it farther.
    start = np.array([-0.254, 1.647, -0.011, -0.01, 0.032, 1.037, 0.55])
    joints, _ = drive(make(), Goal(pose=Pose(np.array(target))), start, fakes, plans=30, share=1.0)
    end = arm.forward(joints)
    assert np.linalg.norm(end.position - target) < 0.02
    assert 2.0 * np.arccos(abs(end.orientation @ [1, 0, 0, 0])) < 0.1  # upright again


def test_a_joint_goal_needs_no_model(make, home, fakes):
    goal = home + [0.5, 0.2, -0.3, 0.2, 0.3, -0.2, 0.4]
    joints, _ = drive(make(world_model=None), Goal(joints=goal), home, fakes)
    assert np.abs(joints - goal).max() < 0.005


def test_mixed_goals(make, arm, home, fakes, model):
    goal = Goal(image=fakes.goal_image(TARGET), pose=Pose(TARGET))
    joints, plans = drive(make(), goal, home, fakes, plans=15)
    assert np.linalg.norm(arm.forward(joints).position - TARGET) < 0.01
    assert {"goal_latent", "goal_pose"} <= {term.name for term in plans[0].terms}


def test_an_image_goal_without_a_model(make, home, fakes):
    with pytest.raises(ValueError, match="no world model"):
        make(world_model=None).plan([fakes.observe(home, 0.0)], Goal(image=fakes.goal_image(TARGET)), PlannerState(0))


def test_the_same_seed_makes_the_same_plan(make, home, fakes):
    goal = Goal(image=fakes.goal_image(TARGET))
    paths = [make().plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(seed))[0].joint_path for seed in (3, 3, 4)]
    assert np.array_equal(paths[0], paths[1]) and not np.array_equal(paths[0], paths[2])


def test_a_planner_remembers_nothing_that_matters(make, home, fakes):
    planner, goal = make(), Goal(image=fakes.goal_image(TARGET))
    first = planner.plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(3))[0]
    drive(planner, Goal(image=fakes.goal_image([0.4, -0.2, 0.3])), home, fakes, plans=3)
    again = planner.plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(3))[0]
    assert np.array_equal(first.joint_path, again.joint_path)


def test_warm_start_beats_cold_at_the_same_budget(make, home, fakes):
    goal = Goal(image=fakes.goal_image(TARGET))
    budget = dict(samples=32, iterations=2, deadline=60.0)
    costs = {}
    for warm in (True, False):
        config = PlannerConfig(warm_start=warm, **budget)
        ends = [drive(make(config), goal, home, fakes, plans=12, seed=seed)[1][-4:] for seed in range(5)]
        costs[warm] = np.mean([plan.latent_cost for plans in ends for plan in plans])
    assert costs[True] < 0.8 * costs[False]


def test_a_mean_of_another_kind_is_not_reused(make, home, fakes):
    planner = make()
    observations = [fakes.observe(home, 0.0)] * 2
    _, state = planner.plan(observations, Goal(image=fakes.goal_image(TARGET)), PlannerState(0))
    foreign, fresh = (
        planner.plan(observations, Goal(pose=Pose(TARGET)), PlannerState(9, *rest))[0]
        for rest in ((state.mean, state.stamp, state.kind), ())
    )
    assert np.array_equal(foreign.joint_path, fresh.joint_path)


def test_nan_latents_are_an_error(make, home, fakes, arm):
    planner = make(world_model=fakes.BrokenWorldModel(arm))
    with pytest.raises(PlanningError, match="finite cost"):
        planner.plan([fakes.observe(home, 0.0)] * 2, Goal(image=fakes.goal_image(TARGET)), PlannerState(0))


def test_the_deadline(make, home, fakes, arm):
    # 40 ms a rollout: two iterations end at 80 ms, a third would end at 120
    clock = fakes.FakeClock()
    model = fakes.SlowWorldModel(arm, clock, 0.04)
    config = PlannerConfig(deadline=0.1, iterations=10)
    plan, _ = make(config, model, clock=clock).plan(
        [fakes.observe(home, 0.0)] * 2, Goal(image=fakes.goal_image(TARGET)), PlannerState(0)
    )
    assert (plan.iterations, plan.deadline_missed) == (2, False) and plan.seconds == pytest.approx(0.08)


def test_a_missed_deadline_is_said(make, home, fakes, arm):
    clock = fakes.FakeClock()
    planner = make(PlannerConfig(deadline=0.1), fakes.SlowWorldModel(arm, clock, 0.5), clock=clock)
    plan, _ = planner.plan([fakes.observe(home, 0.0)] * 2, Goal(image=fakes.goal_image(TARGET)), PlannerState(0))
    assert (plan.iterations, plan.deadline_missed) == (1, True)


def test_the_goal_image_is_encoded_when_it_changes(make, home, fakes, model):
    planner, observations = make(), [fakes.observe(home, 0.0)] * 2
    one, two = Goal(image=fakes.goal_image(TARGET)), Goal(image=fakes.goal_image([0.4, 0.0, 0.3]))
    for goal in (one, one, two, two, one):
        planner.plan(observations, goal, PlannerState(0))
    assert model.encoded_goals == 3
    one.image[0, 0] += 10  # somebody draws into it
    planner.plan(observations, one, PlannerState(0))
    assert model.encoded_goals == 4


def test_the_focus_and_every_view_reach_the_model(make, home, fakes, arm):
    seen = []

    class Spy(fakes.LinearWorldModel):
        def encode_goal(self, *views):
            seen.append(views)
            return super().encode_goal(*views)

        def goal_distance(self, latent, goal, focus=Focus.SCENE):
            seen.append(focus)
            return super().goal_distance(latent, goal)

    views = tuple(fakes.goal_image(place) for place in (TARGET, [0.4, 0.0, 0.3]))
    goal = Goal(image=views[0], other_views=views[1:], focus=Focus.OBJECT)
    make(world_model=Spy(arm)).plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(0))
    assert len(seen[0]) == 2 and all(given is view for given, view in zip(seen[0], views))
    assert len(seen) > 1 and set(seen[1:]) == {Focus.OBJECT}


def test_a_focus_that_the_model_was_not_trained_for(make, home, fakes):
    goal = Goal(image=fakes.goal_image(TARGET), focus=Focus.OBJECT)
    with pytest.raises(ValueError, match="no object"):
        make().plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(0))


def test_an_object_goal_without_a_model_that_reads_objects(make, home, fakes, model):
    for blind in (None, model):
        with pytest.raises(ValueError, match="no world model that can read one"):
            make(world_model=blind).plan([fakes.observe(home, 0.0)] * 2, Goal(object_position=TARGET), PlannerState(0))


def test_an_object_goal_that_was_written_into_is_planned_anew(robot, arm, home, fakes):
    planner = MpcPlanner(robot, arm, QUICK, fakes.GraspingWorldModel(arm, TARGET), threads=1)
    goal, observations = Goal(object_position=TARGET.copy()), [fakes.observe(home, 0.0)] * 2
    before = planner.plan(observations, goal, PlannerState(0))[0].cost
    goal.object_position[2] += 0.1
    # nothing holds the part, so 10 cm are left at each of five steps, the last counted twice
    assert planner.plan(observations, goal, PlannerState(0))[0].cost == pytest.approx(before + 0.6, abs=0.01)


def test_a_plan_that_takes_over_later_is_imagined_from_there(make, arm, home, fakes):
    # The arm will be 4 cm on when the plan begins. What is imagined must begin there too: the latent (here the tool
    # position) at the end of each step is then the tool position of the plan.
    planner, goal = make(), Goal(image=fakes.goal_image(TARGET))
    later = arm.inverse(Pose(arm.forward(home).position + [0.0, 0.04, 0.0], np.array([1.0, 0, 0, 0])), home)
    plan, _ = planner.plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(0), start=later)
    assert plan.start == pytest.approx(later)
    told = fakes.goal_image(TARGET)[0, 0] / 200.0 - 0.6
    distance = np.linalg.norm(plan.tool_path - told, axis=1)
    assert plan.latent_cost == pytest.approx(distance.sum() + distance[-1], rel=1e-3)


def test_no_path_leaves_the_limits(make, limits, arm, home, fakes):
    for goal in (Goal(image=fakes.goal_image([0.9, 0.6, 0.0])), Goal(joints=limits.upper - 0.02)):
        _, plans = drive(make(), goal, home, fakes, plans=8, share=1.0)
        for plan in plans:
            assert np.all((plan.joint_path >= limits.lower) & (plan.joint_path <= limits.upper))
            assert np.all(plan.tool_path >= limits.workspace_lower - 5e-3)
            assert np.all(plan.tool_path <= limits.workspace_upper + 5e-3)


class TestNoLeak:
    """An image goal carries an image and nothing else."""

    def test_a_goal_has_no_place_for_simulator_state(self):
        assert {field.name for field in fields(Goal)} == {
            "image", "pose", "joints", "object_position", "focus", "other_views", "handling",
            "position_tolerance", "orientation_tolerance", "joint_tolerance",
        }  # fmt: skip

    def test_the_goal_scenes_joints_change_nothing(self, make, arm, home, fakes):
        # Two scenes look the same and have their joints elsewhere (an elbow turn, say): bit-identical plans.
        picture, plans = fakes.goal_image(TARGET), []
        for joints in (home, home + 0.3):
            scene = fakes.observe(joints, 0.0, picture.copy())
            goal = Goal(image=scene.image)
            assert goal.joints is None and goal.pose is None
            plans.append(make().plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(5))[0])
        assert np.array_equal(plans[0].joint_path, plans[1].joint_path) and plans[0].cost == plans[1].cost

    def test_the_model_is_given_the_image_alone(self, make, home, fakes, arm):
        given = []

        class Spy(fakes.LinearWorldModel):
            def encode_goal(self, *arguments, **named):
                given.append((arguments, named))
                return super().encode_goal(*arguments, **named)

        image = fakes.goal_image(TARGET)
        make(world_model=Spy(arm)).plan([fakes.observe(home, 0.0)] * 2, Goal(image=image), PlannerState(0))
        assert given == [((image,), {})]

    def test_goal_distance_sees_no_joints(self):
        from wm_core.config import WorldModelConfig
        from wm_core.model.world_model import JepaWorldModel

        torch.manual_seed(0)
        small = WorldModelConfig(image_size=32, visual_dim=16, joint_dim=4, channels=(4, 8), hidden=32)
        model = JepaWorldModel(small).eval()
        latent, goal = torch.randn(6, 2, 20), torch.randn(16)
        other = latent.clone()
        other[..., 16:] = torch.randn(6, 2, 4)  # the proprioceptive part
        assert torch.equal(model.goal_distance(latent, goal), model.goal_distance(other, goal))
