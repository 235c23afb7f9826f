"""Nothing that is scored leaves the limits: 10,000 random states and goals, and starts from which nothing could."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from wm_core.config import PlannerConfig
from wm_core.planning import MpcPlanner
from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.bounds import ACCELERATION_SHARE, SPEED_SHARE
from wm_core.planning.evaluator import Scores
from wm_core.planning.methods import make_search
from wm_core.planning.joint_motion import JointMotion
from wm_core.planning.search import Beginning
from wm_core.planning.tool_motion import ToolMotion
from wm_core.types import Goal, JointState, Observation, PlannerState, Pose

STATES, HORIZON, STEP, MAX_STEP = 10_000, 6, 0.2, 0.05
METHODS = ("cem", "icem", "mppi")


@pytest.fixture(scope="module")
def kinematics(arm):
    return BatchedKinematics(arm.chain())


@pytest.fixture(scope="module")
def make_space(kinematics, limits, robot, tool_launch_on_cpu):
    def make(kind):
        if kind == "joints":
            return JointMotion(kinematics, limits, STEP)
        motion = ToolMotion(kinematics, limits, np.array(robot.home), np.array(robot.tool_orientation), MAX_STEP, STEP)
        return motion.by(tool_launch_on_cpu) if kind == "kernel" else motion

    return make


def tensor(values):
    return torch.as_tensor(np.asarray(values), dtype=torch.float32)


def in_the_box(kinematics, limits, joints, slack=0.0):
    tool = kinematics.forward(tensor(joints))[0].numpy()
    return np.all((tool >= limits.workspace_lower - slack) & (tool <= limits.workspace_upper + slack), axis=-1)


def can_stop(kinematics, limits, joints, velocity):
    """(S,), whether every joint that brakes as hard as it may from here comes to rest inside limits and box."""
    good = in_the_box(kinematics, limits, joints)
    swing = ACCELERATION_SHARE * limits.acceleration * STEP
    for _ in range(4):
        velocity = np.sign(velocity) * np.maximum(np.abs(velocity) - swing, 0.0)
        joints = joints + STEP * velocity
        good &= np.all((joints >= limits.lower) & (joints <= limits.upper), axis=-1)
        good &= in_the_box(kinematics, limits, joints)
    assert not velocity.any()
    return good


@pytest.fixture(scope="module")
def states(kinematics, limits):
    """(S, J) rad and (S, J) rad/s, all over what the arm may do, fast and slow, near to the limits and far from them."""
    random, joints, velocities, count = np.random.default_rng(0), [], [], 0
    while count < STATES:
        drawn = random.uniform(limits.lower, limits.upper, (20_000, 7))
        drawn = drawn[in_the_box(kinematics, limits, drawn)]
        velocity = 0.99 * limits.velocity * random.uniform(-1.0, 1.0, drawn.shape) * random.choice([0.0, 0.3, 1.0], (len(drawn), 1))
        good = can_stop(kinematics, limits, drawn, velocity)
        joints.append(drawn[good])
        velocities.append(velocity[good])
        count += int(good.sum())
    return np.concatenate(joints)[:STATES], np.concatenate(velocities)[:STATES]


def outside(kinematics, limits, start, velocity, path):
    """start, velocity: (S, J), path: (S, H, J) -> how many points break position, velocity, acceleration and box."""
    speed = np.diff(path, axis=1, prepend=start[:, None]) / STEP
    change = np.diff(speed, axis=1, prepend=velocity[:, None]) / STEP
    return (
        int(np.any((path < limits.lower) | (path > limits.upper), axis=-1).sum()),
        int(np.any(np.abs(speed) > limits.velocity, axis=-1).sum()),
        int(np.any(np.abs(change) > limits.acceleration, axis=-1).sum()),
        int((~in_the_box(kinematics, limits, path, slack=1e-6)).sum()),
    )


def towards(space, kind, kinematics, limits, states, random):
    """(S, H, A): every row goes straight for its own random goal, a third of them with noise, a third anywhere."""
    joints = states[0]
    if kind == "joints":
        way = (random.uniform(limits.lower, limits.upper, joints.shape) - joints) / (SPEED_SHARE * limits.velocity * STEP)
    else:
        goal = random.uniform(limits.workspace_lower, limits.workspace_upper, (len(joints), 3))
        way = (goal - kinematics.forward(tensor(joints))[0].numpy()) / MAX_STEP
    actions = np.repeat(way[:, None], HORIZON, axis=1)
    noise = random.normal(0.0, 2.0, actions.shape)
    third = len(joints) // 3
    actions[third:] += noise[third:]
    actions[2 * third :] = noise[2 * third :]
    return tensor(actions)


@pytest.mark.parametrize("kind", ["tool", "kernel", "joints"])
def test_no_point_is_outside_from_ten_thousand_states(make_space, kinematics, limits, states, kind):
    space, (joints, velocity) = make_space(kind), states
    actions = towards(space, kind, kinematics, limits, states, np.random.default_rng(1))
    assert len(actions) == STATES
    found = space.candidates(actions, tensor(joints), tensor(velocity))
    path = found.joint_path.numpy().astype(float)
    assert outside(kinematics, limits, joints, velocity, path) == (0, 0, 0, 0)
    tool = kinematics.forward(found.joint_path)[0]
    assert found.tool_position.numpy() == pytest.approx(tool.numpy(), abs=1e-5)
    # It is no arm that stands still: most of them go somewhere.
    assert np.mean(np.abs(path[:, -1] - joints).max(-1) > 0.1) > 0.8


def test_without_the_limits_they_would_be_outside(kinematics, limits, states):
    # What the property above is worth: the same speeds, unlimited, break each limit thousands of times.
    joints, velocity = states
    random = np.random.default_rng(2)
    path = joints[:, None] + np.cumsum(random.uniform(-1.5, 1.5, (STATES, HORIZON, 7)) * limits.velocity * STEP, axis=1)
    assert min(outside(kinematics, limits, joints, velocity, path)) > 1000


@pytest.mark.parametrize("method", METHODS)
def test_no_plan_is_outside(robot, arm, kinematics, limits, states, fakes, method):
    random, joints, velocity = np.random.default_rng(3), *states
    config = PlannerConfig(samples=16, iterations=2, horizon=HORIZON, deadline=60.0, method=method)
    planner = MpcPlanner(robot, arm, config, fakes.LinearWorldModel(arm), threads=1)
    for row in range(60):
        place = random.uniform(limits.workspace_lower, limits.workspace_upper)
        goal = (Goal(pose=Pose(place)), Goal(image=fakes.goal_image(place)), Goal(joints=joints[-row - 1]))[row % 3]
        seen = Observation(fakes.goal_image(place), JointState(joints[row], velocity[row], 0.0), 0.0)
        plan, _ = planner.plan([seen] * 2, goal, PlannerState(row))
        broken = outside(kinematics, limits, joints[row][None], velocity[row][None], plan.joint_path[None])
        assert broken == (0, 0, 0, 0), row


def test_the_start_velocity_is_told_or_measured(robot, arm, limits, home, fakes):
    # Joint 1 turns at 1.2 rad/s and may change that by 7.5 x 0.2 x 0.98 = 1.47: the other way at 0.27 rad/s at the most.
    moving = np.array([1.2, 0, 0, 0, 0, 0, 0])
    goal = Goal(joints=home - [1.0, 0, 0, 0, 0, 0, 0])
    planner = MpcPlanner(robot, arm, PlannerConfig(deadline=60.0), threads=1)

    def first(measured, **told):
        seen = Observation(np.zeros((32, 32, 3), np.uint8), JointState(home, np.asarray(measured, dtype=float), 0.0), 0.0)
        plan, _ = planner.plan([seen], goal, PlannerState(0), **told)
        return (plan.joint_path[0, 0] - home[0]) / STEP

    assert first(moving) == pytest.approx(-0.27, abs=1e-3)
    assert first(np.zeros(7), start_velocity=moving) == pytest.approx(-0.27, abs=1e-3)
    assert first(moving, start_velocity=np.zeros(7)) == pytest.approx(-SPEED_SHARE * 1.5, abs=1e-3)
    for silent in ([], np.full(7, np.nan)):  # an arm that does not tell is at rest
        assert first(silent) == pytest.approx(-SPEED_SHARE * 1.5, abs=1e-3)
    # 4 rad/s at joint 1, whose limit is 1.5: carried on, 4 - 1.47 = 2.53 rad/s forward. What the arm pressed on gave way.
    assert first([4.0, 0, 0, 0, 0, 0, 0]) == pytest.approx(-SPEED_SHARE * 1.5, abs=1e-3)
    # 1.6 is a joint at its limit that is measured badly: it is moving, 1.6 - 1.47 = 0.13 rad/s in the first step.
    assert first([1.6, 0, 0, 0, 0, 0, 0]) == pytest.approx(0.13, abs=1e-3)


def test_a_start_that_is_outside_comes_back_gently(make_space, limits, home):
    # Joint 1 stands 0.3 rad outside: 0.98 x 7.5 x 0.2^2 = 0.294 rad back in the first step would do, but 0.24 is full speed.
    start = home.copy()
    start[0] = limits.upper[0] + 0.3
    path = make_space("joints").candidates(torch.zeros(1, HORIZON, 7), tensor(start)).joint_path[0].numpy()
    speed = np.diff(path, axis=0, prepend=start[None]) / STEP
    change = np.diff(speed, axis=0, prepend=np.zeros((1, 7))) / STEP
    assert np.all(np.abs(change) <= limits.acceleration)
    assert np.all(np.diff(path[:, 0]) <= 1e-6) and path[2, 0] <= limits.upper[0]


@pytest.mark.parametrize("kind", ["tool", "joints"])
def test_a_tool_outside_the_box_goes_no_further_out(make_space, arm, limits, home, robot, kinematics, kind):
    lifted = arm.forward(home).position
    lifted[2] = limits.workspace_upper[2] + 0.05
    start = arm.inverse(Pose(lifted, np.array(robot.tool_orientation)), home)
    space, random = make_space(kind), torch.Generator().manual_seed(0)
    height = space.candidates(torch.randn(200, HORIZON, space.dimension, generator=random), tensor(start)).tool_position[..., 2]
    assert height.max() <= lifted[2] + 1e-5
    if kind == "tool":  # 6 cm to the margin of the box at 5 cm a step; the first starts from rest
        assert height[:, 3].max() < limits.workspace_upper[2]


def test_a_joint_path_is_bent_along_the_side_of_the_box(make_space, kinematics, limits, arm, home, robot):
    # Shoulder and elbow press the tool down into the floor of the box while joint 1 turns: it slides along the floor.
    low = arm.forward(home).position
    low[2] = limits.workspace_lower[2] + 0.02
    start = arm.inverse(Pose(low, np.array(robot.tool_orientation)), home)
    actions = torch.zeros(1, HORIZON, 7)
    actions[..., 0], actions[..., 1] = 0.5, 0.3
    found = make_space("joints").candidates(actions, tensor(start))
    assert found.tool_position[0, :, 2].min() >= limits.workspace_lower[2]
    assert found.tool_position[0, -1, 2] == pytest.approx(limits.workspace_lower[2], abs=0.01)
    # 0.5 x 0.24 rad in each of 6 steps are 0.72 rad; half of it at least is left
    assert float(found.joint_path[0, -1, 0]) - start[0] > 0.36


@pytest.mark.parametrize("method", METHODS)
def test_no_bias_where_acceleration_and_velocity_bind(make_space, limits, home, method):
    # Joint 2 shall go as far as it can. From rest it may gain 0.98 x 3.75 x 0.2^2 = 0.147 rad a step up to full speed,
    # 0.8 x 1.5 x 0.2 = 0.24 rad a step: 0.147, 0.387, 0.627, 0.867 is the best there is, the sum of ways is 2.028.
    space, start, best = make_space("joints"), tensor(home), np.array([0.147, 0.387, 0.627, 0.867])

    def score(actions):
        moved = space.candidates(actions, start)
        costs = -(moved.joint_path[..., 1] - start[1]).sum(-1)
        return Scores(moved, costs, costs[None], ("way",))

    config = PlannerConfig(samples=256, horizon=4, iterations=30, deadline=60.0, method=method)
    zero = torch.zeros(4, 7)
    begin = Beginning(zero, torch.full_like(zero, 0.6))
    found = make_search(config, lambda: 0.0).search(score, begin, torch.Generator().manual_seed(0), 0.0)
    assert found.cost == pytest.approx(-2.028, abs=0.02)
    mean = space.candidates(found.mean[None], start).joint_path[0, :, 1].numpy() - home[1]
    assert mean == pytest.approx(best, abs=0.02)
