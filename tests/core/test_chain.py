"""Planner, time parameterisation, filter and controller rules together, with the delays that a real loop has."""

import numpy as np
import pytest

from wm_core.config import PlannerConfig
from wm_core.interpolation import sample
from wm_core.kinematics.time_parameterisation import parameterise
from wm_core.planning import MpcPlanner
from wm_core.safety import Following, TrajectoryFilter, find_outside
from wm_core.types import Goal, JointState, MotionState, PlannerState, Pose

TARGET = np.array([0.5, 0.25, 0.15])


def drive(planner, judge, limits, arm, fakes, home, goal, seconds=5.0, seed=0):
    """A plan every 0.1 s that takes 30 to 60 ms; the guard judges it up to 10 ms later, the controller joins 0 to 4 ms after.

    -> joints at the end, verdicts, points outside limits
    """
    random = np.random.default_rng(seed)
    rest = MotionState.at_rest(home)
    following = Following(parameterise(rest, home[None], 0.2, limits), rest, 0.0)
    controller = following  # what the guard believes is followed, and what really is
    state, verdicts, outside = PlannerState(seed=seed), [], 0

    def commanded(moment, by=None):
        by = by or following
        return sample(by.trajectory, by.start, moment - by.since)

    for now in np.arange(0.1, seconds, 0.1):
        seen = fakes.observe(commanded(now - 0.05).position, now - 0.05)
        plan, state = planner.plan([seen] * 2, goal, state, commanded(now + 0.05).position)
        stamp = now + random.uniform(0.03, 0.06)
        proposal = parameterise(commanded(stamp), plan.joint_path, plan.step, limits)
        received = stamp + random.uniform(0.0, 0.01)
        there = commanded(received)
        measured = JointState(there.position, there.velocity, received)
        verdict = judge.check(proposal, stamp, received, measured, following)
        verdicts.append(verdict)
        if verdict.trajectory is not None:
            following = Following(verdict.trajectory, there, received)
            joined = received + random.uniform(0.0, 0.004)
            begin = commanded(joined, controller)
            outside += len(find_outside(verdict.trajectory, begin, limits, arm))
            controller = Following(verdict.trajectory, begin, joined)
    return commanded(seconds + 2.0, controller).position, verdicts, outside


@pytest.mark.parametrize("kind", ["image", "pose", "joints"])
def test_the_arm_gets_there_and_nothing_is_refused(kind, robot, arm, limits, home, fakes):
    down = np.array(robot.tool_orientation)
    reached = arm.inverse(Pose(TARGET, down), home)
    goal = {
        "image": Goal(image=fakes.goal_image(TARGET)),
        "pose": Goal(pose=Pose(TARGET, down)),
        "joints": Goal(joints=reached),
    }[kind]
    planner = MpcPlanner(robot, arm, PlannerConfig(deadline=60.0), fakes.LinearWorldModel(arm), threads=1)
    joints, verdicts, outside = drive(planner, TrajectoryFilter(limits, arm), limits, arm, fakes, home, goal)
    refused = [verdict.reason for verdict in verdicts if verdict.kind == "rejected"]
    assert len(refused) <= 0.05 * len(verdicts), refused
    assert outside == 0
    assert np.linalg.norm(arm.forward(joints).position - TARGET) < 0.015
