"""From the stamp of a camera frame to the command that came of it, and how evenly plans come.

`python benchmarks/ros_latency.py` starts simulator, guard and planner in their own domain and pursues seeded goal images
for 60 s at 10 and at 20 plans a second, each without and with a flood of joint states of 2 kHz. It prints a row for each and
appends it to results/ros_latency.csv. Times between plans are those within a goal. The flood is the planner's and the
guard's only source of joint states; on two cores it takes its own share of them, which the row tells. `--busy` has another
process compute without pause.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

# Before rclpy is loaded: a benchmark must not move somebody's arm.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ.setdefault("ROS_DOMAIN_ID", "44")
ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

import numpy as np  # noqa: E402
import yaml  # noqa: E402
from rich.console import Console  # noqa: E402

from benchmarks.driving import extremes, percentiles, rest_at  # noqa: E402
from benchmarks.processor_time import ProcessorTime  # noqa: E402
from benchmarks.record import append_row  # noqa: E402
from sim.demo.launched import LaunchedSystem  # noqa: E402
from sim.environment import PandaTabletop  # noqa: E402
from sim.tasks.reach import reach_goal  # noqa: E402
from wm_core.bench.busy import busy_process  # noqa: E402
from wm_core.limits import arm_limits  # noqa: E402
from wm_ros.client import PlannerClient  # noqa: E402
from wm_ros.observer import MotionObserver  # noqa: E402

FLOODED = "flooded_joint_states"
LATE = 0.05  # s behind its tick from which on a plan is counted as late
LIMIT = 10.0  # s for a goal
# name -> what its command line has
PROCESSES = {
    "planner": "planner_node",
    "guard": "guard_node",
    "renderer": "multiprocessing.spawn",
    "sim": "sim.node",
    "flood": "joint_flood",
}


@dataclass(frozen=True)
class Setting:
    """rate: plans a second. flood: joint states a second, 0 for the simulator's own."""

    rate: float
    flood: float


def main() -> None:
    """A row for each setting."""
    options = _options()
    environment, console = PandaTabletop(), Console()
    for setting in itertools.starmap(Setting, itertools.product(options.rates, sorted({0.0, options.flood}))):
        with tempfile.TemporaryDirectory() as folder:
            row = _measure(setting, options, environment, Path(folder))
        for name, value in row.items():
            console.print(f"{name:26} {value}", highlight=False)
        console.print()
        if not row["plans"]:
            sys.exit(f"no plan towards a goal image was made: what the nodes said is in {options.log}")
        append_row(options.out, row)
    environment.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of pursuing goals, in each setting")
    parser.add_argument("--rates", type=float, nargs="+", default=[10.0, 20.0], help="plans a second")
    parser.add_argument("--flood", type=float, default=2000.0, help="joint states a second; 0 leaves the rows with a flood out")
    parser.add_argument("--busy", action="store_true", help="beside another process that computes without pause")
    parser.add_argument("--seed", type=int, default=0, help="of the goals")
    parser.add_argument("--model", default="panda_tabletop")
    parser.add_argument("--backend", default="model")
    parser.add_argument("--log", default="out", help="folder where the output of what is started goes")
    parser.add_argument("--out", default="ros_latency", help="name of the file of results")
    return parser.parse_args()


def _measure(setting: Setting, options: argparse.Namespace, environment: PandaTabletop, folder: Path) -> dict[str, object]:
    logs = Path(options.log)
    logs.mkdir(parents=True, exist_ok=True)
    flood_log = logs / "ros_latency_flood.log"
    with ExitStack() as started:
        simulator = LaunchedSystem([sys.executable, "-m", "sim.node"], logs / "ros_latency_sim.log")
        systems = [started.enter_context(simulator)]
        if setting.flood:
            command = [sys.executable, str(ROOT / "benchmarks" / "joint_flood.py"), FLOODED, f"--rate={setting.flood}"]
            systems.append(started.enter_context(LaunchedSystem(command, flood_log)))
        nodes = LaunchedSystem(_launch(setting, options, folder), logs / "ros_latency.log")
        systems.append(started.enter_context(nodes))
        client = started.enter_context(PlannerClient(environment.robot.joint_names, name="ros_latency"))
        observer = MotionObserver(client.node, arm_limits(environment.robot, environment.kinematics), environment.kinematics)
        client.wait_until_active(90.0)
        observer.wait_for(lambda: observer.joints is not None, 30.0, "joint_states")
        if options.busy:
            started.enter_context(busy_process())
        used = ProcessorTime(PROCESSES, {system.pid for system in systems})
        seconds, gaps = _pursue(options, client, observer, environment)
        cores = used.cores()
        began = time.monotonic()
        nodes.stop()
        ended = time.monotonic() - began
    kept = re.search(r"kept (\d+) Hz", flood_log.read_text()) if setting.flood else None
    return {
        "model": options.model,
        "backend": options.backend,
        "rate_hz": setting.rate,
        "flood_hz": int(kept[1]) if kept else 0,
        "busy": options.busy,
        "seconds": round(seconds, 1),
        **_figures(observer, gaps, 1.0 / setting.rate),
        **{f"cores_{name}": share for name, share in cores.items()},
        "ended_in_s": round(ended, 1),
    }


def _launch(setting: Setting, options: argparse.Namespace, folder: Path) -> list[str]:
    parameters = yaml.safe_load((ROOT / "launch" / "config" / "arm_planner.yaml").read_text())
    parameters["/**/planner"]["ros__parameters"]["replan_period"] = 1.0 / setting.rate
    file = folder / "parameters.yaml"
    file.write_text(yaml.safe_dump(parameters))
    topic = FLOODED if setting.flood else "joint_states"
    command = ["ros2", "launch", "wm_ros", "arm_planner.launch.py", f"joint_states_topic:={topic}", f"params_file:={file}"]
    return command + [f"model:={options.model}", f"backend:={options.backend}"]


def _pursue(
    options: argparse.Namespace, client: PlannerClient, observer: MotionObserver, environment: PandaTabletop
) -> tuple[float, list[float]]:
    """-> s spent on goal images, s between plans"""
    start = environment.reset(options.seed).joints.position
    tool = environment.kinematics.forward(start).position
    rest_at(client, observer, start, 30.0)
    spent, gaps = 0.0, []
    for number in itertools.count(options.seed):
        if spent >= options.seconds:
            return spent, gaps
        goal = environment.stages_at(reach_goal(np.random.default_rng([number, 7]), tool))[0].goal
        first, began = len(observer.plans), time.monotonic()
        client.send(goal, min(LIMIT, max(1.0, options.seconds - spent)))
        spent += time.monotonic() - began
        gaps += np.diff([plan.made for plan in observer.plans[first:] if plan.kind == "image"]).tolist()
    raise AssertionError("itertools.count ends nowhere")


def _figures(observer: MotionObserver, gaps: list[float], period: float) -> dict[str, object]:
    plans = [plan for plan in observer.plans if plan.kind == "image"]
    delays = observer.frame_to_command_ms("image")
    between = 1e3 * np.array(gaps)
    ages = [plan.frame_age_ms - plan.plan_ms for plan in plans]
    names = ("p50", "p95", "max")
    return {
        "plans": len(plans),
        **dict(zip((f"plan_ms_{name}" for name in names), percentiles([plan.plan_ms for plan in plans], (50, 95, 100)))),
        **dict(zip((f"frame_to_command_ms_{name}" for name in names), percentiles(delays, (50, 95, 100)))),
        "frames_answered": len(delays),
        **dict(zip(("frame_at_plan_ms_p50", "frame_at_plan_ms_p95"), percentiles(ages))),
        **dict(zip(("made_to_command_ms_p50", "made_to_command_ms_p95"), percentiles(observer.made_to_command_ms("image")))),
        **dict(zip((f"between_plans_ms_{name}" for name in names), percentiles(between, (50, 95, 100)))),
        "jitter_ms": round(float(between.std()), 1) if len(between) else np.nan,
        "late_by_50_ms": int((between > 1e3 * (period + LATE)).sum()),
        "deadline_misses": sum(plan.deadline_missed for plan in plans),
        "commands": observer.commands,
        "points_outside_limits": len(observer.outside),
        **extremes(observer),
    }


if __name__ == "__main__":
    main()
