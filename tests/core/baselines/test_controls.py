"""Controls that need no model: hold, random, straight."""

import numpy as np
import pytest
import torch

from wm_core.baselines.catalogue import Workshop, make_policy
from wm_core.baselines.hold import HoldPolicy
from wm_core.baselines.mover import Mover
from wm_core.baselines.random import RandomPolicy
from wm_core.baselines.straight import StraightPolicy
from wm_core.kinematics.urdf_arm import load_arm
from wm_core.resources import find_robot
from wm_core.types import Goal, Pose

ROBOT = find_robot("panda")


@pytest.fixture(scope="module")
def mover():
    return Mover(load_arm(ROBOT), ROBOT, 0.05)


def follow(policy, fakes, steps, joints=ROBOT.home):
    path = [np.array(joints)]
    for step in range(steps):
        path.append(policy.act(fakes.observe(path[-1], 0.2 * step)).joints)
    return path


def test_holding_gives_the_first_joints_back_even_when_pushed(fakes):
    policy = HoldPolicy()
    policy.start(0)
    policy.act(fakes.observe(np.zeros(7), 0.0))
    assert (policy.act(fakes.observe(np.ones(7), 0.2)).joints == 0.0).all()
    policy.start(1)
    assert (policy.act(fakes.observe(np.ones(7), 0.0)).joints == 1.0).all()


def test_random_motion_is_the_seed_s_and_keeps_to_steps_and_workspace(mover, fakes):
    policy = RandomPolicy(mover)
    paths = []
    for seed in (3, 3, 4):
        policy.start(seed)
        paths.append([mover.tool(joints) for joints in follow(policy, fakes, 20)])
    assert np.array_equal(paths[0], paths[1]) and not np.allclose(paths[0], paths[2])
    moves = np.linalg.norm(np.diff(paths[0], axis=0), axis=1)
    assert moves.max() <= 0.05 + 1e-3 and moves.min() > 0.0  # 1 mm for the inverse kinematics
    box = ROBOT.workspace
    assert all((np.array(box.lower) - 1e-3 <= tool).all() and (tool <= np.array(box.upper) + 1e-3).all() for tool in paths[0])
    policy.start(3)
    grips = {policy.act(fakes.observe(np.array(ROBOT.home), 0.0)).gripper for _ in range(40)}
    assert grips == {-1, 0, 1}


@pytest.mark.parametrize("told", ["pose", "object"])
def test_straight_arrives_after_as_many_steps_as_the_way_is_long(told, mover, fakes):
    policy = StraightPolicy(mover)
    policy.start(0)
    start = mover.tool(np.array(ROBOT.home))
    target = start + np.array([0.0, 0.12, 0.0])  # 3 steps of 5 cm
    goal = Goal(pose=Pose(target)) if told == "pose" else Goal(object_position=target)
    policy.pursue(goal)
    tools = [mover.tool(joints) for joints in follow(policy, fakes, 5)]
    gone = [np.linalg.norm(tool - start) for tool in tools]
    assert gone == pytest.approx([0.0, 0.05, 0.10, 0.12, 0.12, 0.12], abs=2e-3)


def test_straight_refuses_a_goal_without_coordinates(mover, fakes):
    with pytest.raises(ValueError, match="needs a goal told as pose or object, not as image"):
        StraightPolicy(mover).pursue(Goal(image=fakes.goal_image(np.zeros(3))))


def test_policies_are_made_by_name():
    workshop = Workshop("absent", ROBOT, load_arm(ROBOT), 0.05, torch.device("cpu"))
    assert [make_policy(name, workshop).name for name in ("hold", "random", "straight")] == ["hold", "random", "straight"]
    with pytest.raises(ValueError, match="policy 'lucky' is not known: expected one of: planner, random"):
        make_policy("lucky", workshop)
    with pytest.raises(ValueError, match="model 'runs/none' not found"):
        make_policy("planner=runs/none", workshop)
