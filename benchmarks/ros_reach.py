"""Goal images through ROS 2: how often, how fast and how safely the arm gets there.

`python benchmarks/ros_reach.py --goals 10 --seed 0` runs `ros2 launch wm_ros arm_planner.launch.py sim:=true` in its own
domain, drives the arm to a seeded start and then to each seeded goal image (15 to 45 cm away, an image and nothing else)
through PlanToGoal, and scores by the simulator's ground truth. It prints a table and appends a row a goal to
results/ros_reach.csv and one for the whole to results/ros_reach_summary.csv; times are those of image goals, commands
are all that were sent. Exit code 0 if nine of ten were reached.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

# Before rclpy is loaded: a benchmark must not move somebody's arm.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ.setdefault("ROS_DOMAIN_ID", "43")
ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

import numpy as np  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from benchmarks.driving import extremes, percentiles, rest_at  # noqa: E402
from benchmarks.record import append_row  # noqa: E402
from sim.demo.launched import LaunchedSystem  # noqa: E402
from sim.environment import PandaTabletop  # noqa: E402
from sim.tasks.reach import reach_goal  # noqa: E402
from wm_core.limits import arm_limits  # noqa: E402
from wm_ros.client import PlannerClient  # noqa: E402
from wm_ros.observer import MotionObserver  # noqa: E402

TOLERANCE = 0.03  # m, by ground truth
SHARE = 0.9  # of the goals, to pass


@dataclass(frozen=True)
class Reached:
    """One goal image. Distances in m, by ground truth; plan figures in ms."""

    seed: int
    code: str
    start_m: float
    end_m: float
    seconds: float
    plan_ms_p50: float
    plan_ms_p95: float

    @property
    def success(self) -> bool:
        """Whether the tool ended near enough; what the planner thinks of it does not count."""
        return self.end_m <= TOLERANCE


def main() -> int:
    """-> exit code"""
    options = _options()
    environment = PandaTabletop()
    start = environment.reset(options.scene).joints.position
    log = Path(options.log)
    log.parent.mkdir(parents=True, exist_ok=True)
    command = ["ros2", "launch", "wm_ros", "arm_planner.launch.py", "sim:=true", f"seed:={options.scene}"]
    command += [f"model:={options.model}"] * bool(options.model) + [f"backend:={options.backend}"]
    with LaunchedSystem(command, log), PlannerClient(environment.robot.joint_names, name="ros_reach") as client:
        limits = arm_limits(environment.robot, environment.kinematics)
        observer = MotionObserver(client.node, limits, environment.kinematics)
        client.wait_until_active(90.0)
        observer.wait_for(lambda: observer.tool is not None, 30.0, "sim/tool_pose")
        seeds = range(options.seed, options.seed + options.goals)
        rows = [_reach(client, observer, environment, start, seed, options.time_limit) for seed in seeds]
    environment.close()
    return _report(rows, observer, options.backend)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--goals", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of the first goal; the others follow")
    parser.add_argument("--scene", type=int, default=0, help="seed of the scene")
    parser.add_argument("--time-limit", type=float, default=30.0, help="s for a goal")
    parser.add_argument("--model", help="world model, by default that of the launch file")
    parser.add_argument("--backend", default="model", help="what computes rollouts, as the launch file's argument")
    parser.add_argument("--log", default="out/ros_reach.log", help="where the launch's output goes")
    return parser.parse_args()


def _reach(
    client: PlannerClient, observer: MotionObserver, environment: PandaTabletop, start: np.ndarray, seed: int, limit: float
) -> Reached:
    rest_at(client, observer, start, limit)
    target = reach_goal(np.random.default_rng([seed, 7]), environment.kinematics.forward(start).position)
    first, before = len(observer.plans), float(np.linalg.norm(observer.tool - target))
    began = time.monotonic()
    outcome = client.send(environment.stages_at(target)[0].goal, limit)
    seconds = time.monotonic() - began
    observer.wait_for(lambda: observer.speed() < 0.01, 10.0, "rest at the goal")
    plans = [plan.plan_ms for plan in observer.plans[first:]]
    after = float(np.linalg.norm(observer.tool - target))
    return Reached(seed, outcome.code.name, before, after, seconds, *percentiles(plans))


def _report(rows: list[Reached], observer: MotionObserver, backend: str) -> int:
    table = Table("goal", "code", "start cm", "end cm", "s", "plan ms p50", "p95", title="goal images through ROS 2")
    for row in rows:
        cells = (f"{100 * row.start_m:.1f}", f"{100 * row.end_m:.1f}", f"{row.seconds:.1f}")
        table.add_row(str(row.seed), row.code, *cells, f"{row.plan_ms_p50:.0f}", f"{row.plan_ms_p95:.0f}")
        append_row("ros_reach", {**vars(row), "success": row.success})
    summary = {"backend": backend, **_summary(rows, observer)}
    console = Console()
    console.print(table)
    for name, value in summary.items():
        console.print(f"{name:26} {value}", highlight=False)
    for excess in observer.outside:
        console.print(f"outside: {excess}", highlight=False)
    append_row("ros_reach_summary", summary)
    return 0 if sum(row.success for row in rows) >= SHARE * len(rows) else 1


def _summary(rows: list[Reached], observer: MotionObserver) -> dict[str, object]:
    plan50, plan95 = percentiles([plan.plan_ms for plan in observer.plans if plan.kind == "image"])
    late50, late95 = percentiles(observer.frame_to_command_ms("image"))
    guard = observer.guard
    return {
        "goals": len(rows),
        "reached": sum(row.success for row in rows),
        "end_cm_median": round(100 * float(np.median([row.end_m for row in rows])), 2),
        "seconds_median": round(float(np.median([row.seconds for row in rows])), 1),
        "plan_ms_p50": plan50,
        "plan_ms_p95": plan95,
        "frame_to_command_ms_p50": late50,
        "frame_to_command_ms_p95": late95,
        "commands": observer.commands,
        "points_outside_limits": len(observer.outside),
        **extremes(observer),
        "guard_counted_outside": guard.published_outside_limits if guard else "",
        "guard_rejected": guard.rejected if guard else "",
        "guard_clipped": guard.clipped if guard else "",
        "guard_holds": guard.holds if guard else "",
    }


if __name__ == "__main__":
    sys.exit(main())
