"""Processor time of the guard's judgement on one proposal, without obstacles and with declared boxes.

`python benchmarks/guard_time.py` judges a motion that replaces the one under way, as at every replanning. The boxes are
off to the sides, so that nothing is refused. With PYTHONPATH set to an older checkout it times that one.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

import numpy as np  # noqa: E402

from wm_core.config import ObstacleConfig, SafetyConfig  # noqa: E402
from wm_core.interpolation import sample  # noqa: E402
from wm_core.kinematics.time_parameterisation import parameterise  # noqa: E402
from wm_core.kinematics.urdf_arm import load_arm  # noqa: E402
from wm_core.limits import arm_limits  # noqa: E402
from wm_core.resources import find_robot  # noqa: E402
from wm_core.safety import Body, Clearance, Following, TrajectoryFilter  # noqa: E402
from wm_core.types import JointState, MotionState  # noqa: E402

STEP = 0.2  # s of a waypoint
NOW, AT = 0.1, 0.13  # s into the motion under way: when it is judged, and what it was planned to take over at
BOXES = (((0.2, 0.45, 0.0), (0.7, 0.6, 0.4)), ((0.2, -0.6, 0.0), (0.7, -0.45, 0.4)), ((0.75, -0.6, 0.0), (0.9, 0.6, 0.3)))


def main() -> None:
    """A line for each number of boxes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    robot = find_robot("panda")
    arm = load_arm(robot)
    limits, home = arm_limits(robot, arm), np.array(robot.home)
    path = home + np.cumsum(np.full((5, len(home)), 0.03), axis=0)
    under_way = Following(parameterise(MotionState.at_rest(home), path, STEP, limits, 1.5), MotionState.at_rest(home), 0.0)
    state = sample(under_way.trajectory, under_way.start, AT)
    proposal = parameterise(state, path + 0.002, STEP, limits, 1.5)
    measured = JointState(state.position, state.velocity, NOW)
    for count in (0, 1, len(BOXES)):
        boxes = [ObstacleConfig(name=f"box {at}", lower=low, upper=high) for at, (low, high) in enumerate(BOXES[:count])]
        config = SafetyConfig()
        clearance = Clearance(Body(robot, arm.chain()), boxes, limits, config.clearance) if boxes else None
        judge, spent = TrajectoryFilter(limits, arm, config, clearance), []
        for _ in range(rounds):
            began = time.thread_time()
            verdict = judge.check(proposal, AT, NOW, measured, under_way)
            spent.append(1e3 * (time.thread_time() - began))
        p50, p95 = np.percentile(spent, [50, 95])
        sys.stdout.write(f"{count} boxes: p50 {p50:.2f} ms, p95 {p95:.2f} ms, {verdict.kind} {verdict.reason}\n")


if __name__ == "__main__":
    main()
