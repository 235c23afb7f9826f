"""The agent rehearses skills in a world that is known exactly."""

import numpy as np
import pytest
import torch

from wm_core.agent import WorldModelAgent
from wm_core.config import PlannerConfig, WorldModelConfig
from wm_core.model.world_model import JepaWorldModel
from wm_core.planning import MpcPlanner
from wm_core.planning.rehearsal import WayReader
from wm_core.skills.primitives import Lift, Push, Wait
from wm_core.skills.rated import MotionReader
from wm_core.types import Focus, Goal, Pose

PART = np.array([0.5, 0.0, 0.04])
LEFT, RIGHT = (Push(f"push {name}", sign * np.pi / 2, distance=0.06) for name, sign in (("left", 1), ("right", -1)))
SKILLS = (LEFT, RIGHT, Lift(height=0.1), Wait(), Push("push far", np.pi / 2, distance=0.5))


@pytest.fixture
def world(fakes, arm):
    return fakes.GraspingWorldModel(arm, PART)


@pytest.fixture
def agent(robot, arm, world):
    config = PlannerConfig(samples=16, iterations=1, deadline=60.0)
    return WorldModelAgent(torch.nn.Identity(), torch.nn.Identity(), MpcPlanner(robot, arm, config, world, threads=1))


@pytest.fixture
def over(arm, home, fakes):
    """The tool 12 cm over the table, over the part."""
    joints = arm.inverse(Pose(np.array([0.5, 0.0, 0.12]), np.array([1.0, 0, 0, 0])), home)
    return lambda stamp: fakes.observe(joints, stamp)


def goal(*way):
    return Goal(object_position=PART + way)


@pytest.mark.parametrize(
    ("way", "best"),
    [((0.0, 0.06, 0.0), "push left"), ((0.0, -0.06, 0.0), "push right"), ((0.0, 0.0, 0.1), "lift"), ((0.0, 0.0, 0.0), "wait")],
)
def test_the_best_skill_for_a_goal(agent, over, way, best):
    ranked = agent.rank_skills(over(0.0), goal(*way), SKILLS)
    assert ranked[0].name == best and {one.name for one in ranked} == {skill.name for skill in SKILLS}
    costs = [one.cost for one in ranked if one.reachable]
    assert costs == sorted(costs)


def test_what_is_said_of_them(agent, over, arm):
    rated = {one.name: one for one in agent.rank_skills(over(0.0), goal(0.0, 0.06, 0.0), SKILLS)}
    lift, left, wait = rated["lift"], rated["push left"], rated["wait"]
    # The hand closes around the part and rises by 10 cm; following the way costs the arm some millimetres.
    assert lift.graspable and lift.object == pytest.approx([0.0, 0.0, 0.1], abs=0.004)
    assert lift.tool == pytest.approx([0.0, 0.0, 0.02], abs=0.004) and lift.moved_by == pytest.approx(0.1, abs=0.004)
    # This world's hand touches at 3 cm, not at 4, and moves it from the step on that would bring it nearer.
    assert left.object[1] == pytest.approx(0.06, abs=0.03) and abs(left.object[0]) < 0.01
    assert left.graspable is None and wait.moved_by == 0.0
    assert left.cost == pytest.approx(2.0 * np.linalg.norm(left.object - [0, 0.06, 0]), abs=1e-5)  # last steps count twice
    # 1 cm for each step ahead, see the fake: eight steps for the lift, five for waiting
    assert lift.uncertainty == pytest.approx(0.08) and wait.uncertainty == pytest.approx(0.05)
    assert lift.joint_path.shape == (8, 7) and lift.gripper.tolist() == [1, 0, 0, -1, -1, -1, -1, -1]
    ends = [arm.forward(joints).position for joints in lift.joint_path]
    assert np.diff(ends, axis=0) == pytest.approx(lift.actions[1:], abs=1e-4)


def test_what_the_arm_cannot_follow_comes_last(agent, over):
    # Half a metre to the left is beyond the workspace, which ends at 0.4 m.
    ranked = agent.rank_skills(over(0.0), goal(0.0, 0.5, 0.0), SKILLS)
    assert [one.reachable for one in ranked] == [True] * 4 + [False] and ranked[-1].name == "push far"
    assert ranked[-1].cost < ranked[0].cost


def test_a_way_bent_by_less_than_what_is_between_hand_and_object_is_no_obstacle(agent, over):
    ends_outside = Push("push", np.pi / 2, distance=0.455)  # the tool would end 2.5 cm outside
    (rated,) = agent.rank_skills(over(0.0), goal(0.0, 0.4, 0.0), [ends_outside])
    assert rated.reachable and rated.astray == pytest.approx(0.025, abs=0.005)


def test_what_is_near_enough_to_leave_alone_is_still_compared(robot, arm, world, over):
    config = PlannerConfig(near_enough=0.05)
    agent = WorldModelAgent(torch.nn.Identity(), torch.nn.Identity(), MpcPlanner(robot, arm, config, world, threads=1))
    grey = np.round((PART + [0.0, 0.01, 0.0] + 0.6) * 200.0).astype(np.uint8)
    pictured = Goal(image=np.tile(grey, (16, 16, 1)), focus=Focus.OBJECT)
    short, wait = Push("push 3 cm", np.pi / 2, distance=0.03), Wait()
    rated = {one.name: one for one in agent.rank_skills(over(0.0), pictured, [short, wait])}
    assert rated["wait"].left == pytest.approx([0.0, 0.01, 0.0], abs=1e-6)
    assert rated["wait"].cost == pytest.approx(2.0 * 0.01, abs=1e-6)
    assert rated["push 3 cm"].cost != rated["wait"].cost


def test_a_part_that_is_elsewhere_is_not_graspable(agent, over, world):
    world.part = PART + [0.0, 0.05, 0.0]
    rated = {one.name: one for one in agent.rank_skills(over(0.0), goal(0.0, 0.0, 0.0), SKILLS)}
    assert rated["lift"].graspable is False and rated["lift"].moved_by == 0.0


def test_choose_action_among_candidates(agent, over):
    there = goal(0.0, 0.0, 0.1)
    observation = over(0.0)
    ranked = agent.rank_skills(observation, there, SKILLS)
    best = agent.choose_action(observation, there, candidates=SKILLS)  # the same observation may be asked about again
    assert best.name == ranked[0].name and np.array_equal(best.joint_path, ranked[0].joint_path)
    assert agent.choose_action(over(0.2), there).joint_path.shape == (5, 7)  # and it plans as ever


def test_ranking_remembers_nothing(agent, over):
    first, again = (agent.rank_skills(over(stamp), goal(0.0, 0.06, 0.0), SKILLS) for stamp in (0.0, 0.2))
    assert [one.cost for one in first] == [one.cost for one in again]


def test_models_that_cannot_tell(robot, arm, over, fakes):
    planner = MpcPlanner(robot, arm, PlannerConfig(), fakes.LinearWorldModel(arm), threads=1)
    plain = WorldModelAgent(torch.nn.Identity(), torch.nn.Identity(), planner)
    with pytest.raises(ValueError, match="cannot tell how an object moved"):
        plain.rank_skills(over(0.0), goal(0.0, 0.0, 0.0), SKILLS)
    with pytest.raises(ValueError, match="no world model to imagine with"):
        MpcPlanner(robot, arm).rehearse([over(0.0)], goal(0.0, 0.0, 0.0), np.zeros((1, 1, 4)))


def test_a_gripper_that_the_model_does_not_have(robot, arm, over, fakes):
    class Handless(fakes.GraspingWorldModel):
        action_dim = 3

        def next(self, latent, action):
            return super().next(latent, torch.nn.functional.pad(action, (0, 1)))

    planner = MpcPlanner(robot, arm, PlannerConfig(), Handless(arm, PART), threads=1)
    agent = WorldModelAgent(torch.nn.Identity(), torch.nn.Identity(), planner)
    assert agent.rank_skills(over(0.0), goal(0.0, 0.0, 0.0), [Wait()])[0].moved_by == 0.0
    with pytest.raises(ValueError, match="trained without one"):
        agent.rank_skills(over(0.2), goal(0.0, 0.0, 0.0), [Lift()])


def test_the_trained_model_reads_motion_by_its_metric():
    torch.manual_seed(0)
    small = dict(image_size=32, visual_dim=16, joint_dim=4, channels=(4, 8), hidden=32)
    model = JepaWorldModel(WorldModelConfig(**small, action_dim=4, gripper=True, objects=True)).eval()
    assert isinstance(model, MotionReader)
    before, after = torch.randn(2, 3, 2, 20)
    tool, part = model.motion(before, after)
    way = (after - before)[:, -1, :16] @ model.metric.map.weight.T  # (3, 7): tool, opening, object
    assert torch.allclose(tool, way[:, :3], atol=1e-5) and torch.allclose(part, way[:, 4:], atol=1e-5)
    goal = torch.randn(16)
    assert isinstance(model, WayReader)
    assert torch.allclose(model.way_to(before, goal).norm(dim=-1), model.goal_distance(before, goal, Focus.OBJECT), atol=1e-5)
    assert torch.allclose(model.way_to(before, goal), model.way_to(after, goal) + part, atol=1e-5)
    with pytest.raises(ValueError, match="not trained with objects"):
        JepaWorldModel(WorldModelConfig(**small)).motion(before, after)
