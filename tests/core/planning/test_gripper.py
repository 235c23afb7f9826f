"""The gripper as one more number of every sampled step."""

import numpy as np
import pytest
import torch

from wm_core.config import ObjectiveWeights, PlannerConfig
from wm_core.planning import MpcPlanner
from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.gripper import WithGripper, gripper_command
from wm_core.planning.tool_motion import ToolMotion
from wm_core.planning.objectives import GripperEffort
from wm_core.protocols import Candidates
from wm_core.types import Goal, PlannerState, Pose

QUICK = PlannerConfig(deadline=60.0)


@pytest.fixture(scope="module")
def motions(arm, limits, robot):
    arm_motion = ToolMotion(
        BatchedKinematics(arm.chain()), limits, np.array(robot.home), np.array(robot.tool_orientation), 0.05, 0.2
    )
    return arm_motion, WithGripper(arm_motion)


@pytest.fixture
def start(home):
    return torch.tensor(home, dtype=torch.float32)


def test_thirds():
    values = torch.tensor([-2.0, -0.34, -0.33, 0.0, 0.33, 0.34, 1.0])
    assert gripper_command(values).tolist() == [-1, -1, 0, 0, 0, 1, 1]


def test_the_arm_moves_as_without_it(motions, start):
    actions = torch.randn(10, 4, 4, generator=torch.Generator().manual_seed(0))
    alone, both = motions[0].candidates(actions[..., :3], start), motions[1].candidates(actions, start)
    assert torch.equal(alone.joint_path, both.joint_path) and torch.equal(both.actions, actions)
    assert torch.equal(both.gripper, gripper_command(actions[..., 3]))
    assert torch.equal(both.controls, torch.cat([alone.displacements, both.gripper[..., None]], dim=-1))


def test_straight_leaves_the_gripper_alone(motions, start, arm, home):
    goal = Goal(pose=Pose(arm.forward(home).position + [0.0, 0.1, 0.0]))
    alone, both = (motion.straight(start, goal, 3) for motion in motions)
    assert torch.equal(both[:, :3], alone) and both[:, 3].tolist() == [0, 0, 0]
    assert motions[1].straight(start, Goal(joints=home), 3) is None


def test_commands_cost():
    nothing = [None] * 6
    candidates = Candidates(*nothing, gripper=torch.tensor([[0.0, -1.0, 1.0], [0.0, 0.0, 0.0]]))
    assert GripperEffort(1.0).cost(candidates).tolist() == [2.0, 0.0]
    with pytest.raises(ValueError, match="candidates with a gripper"):
        GripperEffort(1.0).cost(Candidates(*nothing))


@pytest.fixture
def grasping(fakes, arm, home):
    return fakes.GraspingWorldModel(arm, arm.forward(home).position)  # between the open fingers


def make(robot, arm, model, config=QUICK):
    return MpcPlanner(robot, arm, config, model, threads=1)


def test_a_plan_closes_and_carries(robot, arm, home, fakes, grasping):
    # The part is between the fingers and shall be 10 cm higher: without closing them nothing ever moves it.
    wanted = grasping.part + [0.0, 0.0, 0.1]
    planner = make(robot, arm, grasping, QUICK.model_copy(update={"iterations": 10}))
    plan, state = planner.plan([fakes.observe(home, 0.0)] * 2, Goal(object_position=wanted), PlannerState(0))
    assert plan.gripper[0] == -1 and not np.any(plan.gripper == 1) and np.shape(state.mean) == (5, 4)
    assert plan.tool_path[-1] == pytest.approx(wanted, abs=0.02)
    terms = {term.name: term.value for term in plan.terms}
    assert terms["gripper"] == pytest.approx(0.002 * np.abs(plan.gripper).sum())
    # Running sum of what is left, the last step twice; the part goes with the tool from the first step on.
    left = np.linalg.norm(plan.tool_path - wanted, axis=1)
    assert terms["goal_object"] == pytest.approx(left.sum() + left[-1], abs=2e-3)
    assert np.isnan(plan.latent_cost)


def test_without_need_the_gripper_rests(robot, arm, home, fakes, grasping):
    plan, _ = make(robot, arm, grasping).plan(
        [fakes.observe(home, 0.0)] * 2, Goal(object_position=grasping.part), PlannerState(0)
    )
    assert plan.gripper.tolist() == [0] * 5


def test_pose_and_joint_goals_are_planned_as_without_a_gripper(robot, arm, home, fakes, grasping):
    for goal in (Goal(pose=Pose(np.array([0.5, 0.2, 0.2]))), Goal(joints=home + 0.1)):
        plain, with_gripper = (
            make(robot, arm, model).plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(3))[0]
            for model in (fakes.LinearWorldModel(arm), grasping)
        )
        assert np.array_equal(plain.joint_path, with_gripper.joint_path) and with_gripper.gripper is None


def test_the_motion_already_decided_leaves_the_gripper(robot, arm, home, fakes, grasping):
    # The arm will be 4 cm on when the plan begins: what has open fingers stays where it is, and so does the plan.
    later = arm.inverse(Pose(arm.forward(home).position + [0.0, 0.04, 0.0], np.array([1.0, 0, 0, 0])), home)
    goal = Goal(object_position=grasping.part)
    plan, _ = make(robot, arm, grasping).plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(0), start=later)
    assert {term.name: term.value for term in plan.terms}["goal_object"] == pytest.approx(0.0, abs=1e-6)


def test_the_ensemble_tells_its_doubts_of_the_chosen_plan(robot, arm, home, fakes, grasping):
    goal = Goal(object_position=grasping.part)
    plan, _ = make(robot, arm, grasping).plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(0))
    assert plan.uncertainty == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05])  # 1 cm a step, see the fake
    grasping.ensemble = 1
    alone, _ = make(robot, arm, grasping).plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(0))
    assert alone.uncertainty is None and np.array_equal(alone.joint_path, plan.joint_path)
    posed, _ = make(robot, arm, grasping).plan([fakes.observe(home, 0.0)], Goal(pose=Pose(grasping.part)), PlannerState(0))
    assert posed.uncertainty is None  # nothing was imagined


def test_the_weight_of_a_command(robot, arm, home, fakes, grasping):
    # 10 a command outweighs anything to be won: 5 steps of at most 10 cm, the last twice, are 0.6
    config = QUICK.model_copy(update={"weights": ObjectiveWeights(gripper=10.0)})
    goal = Goal(object_position=grasping.part + [0.0, 0.0, 0.1])
    plan, _ = make(robot, arm, grasping, config).plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(0))
    assert plan.gripper.tolist() == [0] * 5
