"""Pose goals all over the workspace, one after another without going home: how often the tool gets there.

`python benchmarks/roam.py --goals 200 --seed 0` plans without a model and follows the first step of every plan, in exact
kinematics. A goal has the time that its way takes at full speed and 12 steps more. Goals that the tool cannot take up as it
is held (pointing down, for the Panda) are counted apart. Prints a line; exit code 0 if 19 of 20 others were reached.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

import numpy as np  # noqa: E402
from rich.console import Console  # noqa: E402

from wm_core.kinematics.urdf_arm import UnreachableError, UrdfArm, load_arm  # noqa: E402
from wm_core.planning import MpcPlanner  # noqa: E402
from wm_core.resources import find_robot  # noqa: E402
from wm_core.types import NOTHING_SEEN, Goal, JointState, Observation, PlannerState, Pose  # noqa: E402

TOLERANCE = 0.03  # m
MARGIN = 0.02  # m between goals and the faces of the workspace
SHARE = 0.95  # of the goals that can be taken up, to pass
EXTRA = 12  # steps to arrive
SEEDS = 6  # of the inverse kinematics that says whether a goal can be taken up


def main() -> int:
    """-> exit code"""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--robot", default="panda", help="name or path of a robot file")
    parser.add_argument("--goals", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    robot = find_robot(options.robot)
    arm = load_arm(robot)
    planner, random = MpcPlanner(robot, arm, threads=1), np.random.default_rng(options.seed)
    box = np.array(robot.workspace.lower) + MARGIN, np.array(robot.workspace.upper) - MARGIN
    state = JointState(np.array(robot.home), np.zeros(len(robot.home)), 0.0)
    reached: dict[bool, list[bool]] = {True: [], False: []}
    for number in range(options.goals):
        goal = random.uniform(*box)
        state = follow(planner, arm, state, goal, number)
        left = float(np.linalg.norm(arm.forward(state.position).position - goal))
        reached[takes_up(arm, goal, robot.tool_orientation, robot.home)].append(left <= TOLERANCE)
    upright, others = reached[True], reached[False]
    said = f"{sum(upright)} of {len(upright)} goals reached; of those that the tool cannot take up as it is held {sum(others)} of {len(others)}"
    Console().print(said, highlight=False, soft_wrap=True)
    return 0 if sum(upright) >= SHARE * len(upright) else 1


def follow(planner: MpcPlanner, arm: UrdfArm, state: JointState, goal: np.ndarray, seed: int) -> JointState:
    """goal: (3,) m -> the state in which its time is over."""
    way = float(np.linalg.norm(arm.forward(state.position).position - goal))
    kept = PlannerState(seed=seed)
    for _ in range(int(way / planner.max_step) + EXTRA):
        plan, kept = planner.plan([Observation(NOTHING_SEEN, state, state.stamp)], Goal(pose=Pose(goal)), kept)
        joints = plan.joint_path[0]
        state = JointState(joints, (joints - state.position) / planner.step, state.stamp + planner.step)
    return state


def takes_up(arm: UrdfArm, goal: np.ndarray, orientation: tuple[float, ...], home: tuple[float, ...]) -> bool:
    """Whether inverse kinematics finds joints for goal (3,) m and orientation (4,) xyzw, from `home` or near it."""
    random = np.random.default_rng(0)
    for number in range(SEEDS):
        start = np.array(home) + (random.normal(0.0, 0.3, len(home)) if number else 0.0)
        try:
            arm.inverse(Pose(goal, np.array(orientation)), start)
        except UnreachableError:
            continue
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
