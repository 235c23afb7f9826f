"""`scripts/demo`: exit code 0 only if all goals were reached by ground truth, 1 if not, 130 after Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from sim.demo.drive import DemoError, Driver, GoalRecord
from sim.demo.film import write_film
from sim.demo.goals import DemoGoal, demo_goals
from sim.demo.launched import LaunchDied, LaunchedSystem
from sim.demo.picture import draw_picture
from sim.demo.recorder import Recorder
from sim.demo.report import as_table, write_json
from sim.node_parameters import SimParameters
from wm_core.resources import find_robot
from wm_ros.client import PlannerClient

COMMAND = ["ros2", "launch", "wm_ros", "arm_planner.launch.py", "sim:=true"]


def main(arguments: Sequence[str] | None = None) -> int:
    """-> exit code"""
    options = _options(arguments)
    _stay_on_this_machine()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    console = Console()
    try:
        return _run(options, console)
    except KeyboardInterrupt:
        console.print("demo: stopped; the launch was brought down")
        return 130


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    text = "Launch the simulated arm and drive it to a goal image, a tool pose and a joint pose."
    parser = argparse.ArgumentParser(prog="scripts/demo", description=text)
    option = parser.add_argument
    option("--gui", action="store_true", help="open PyBullet's window, where there is a display")
    option("--model", help="world model, a name or a folder (default: the launch file's); none: no goal image")
    option("--out", type=Path, default=Path("out/demo"), help="for pictures and log, from the repository (default: %(default)s)")
    option("--time-limit", type=float, default=240.0, help="s for everything after set-up (default: %(default)s)")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace, console: Console) -> int:
    options.out.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + options.time_limit
    defaults = SimParameters()
    goals = demo_goals(defaults.seed, defaults.image_width)
    if options.model == "none":
        goals = tuple(goal for goal in goals if goal.goal.image is None)
    command = COMMAND + ["gui:=true"] * options.gui + [f"model:={options.model}"] * bool(options.model)
    console.print(f"$ {' '.join(command)}", highlight=False, soft_wrap=True)
    records: list[GoalRecord] = []
    names = find_robot("panda").joint_names
    with LaunchedSystem(command, options.out / "launch.log") as system, PlannerClient(names, name="demo") as client:
        recorder = Recorder(client.node, names)
        problem = _drive_all(Driver(system, client, recorder, deadline), goals, records, console)
    if options.gui and system.said("running headless"):
        console.print("--gui: PyBullet cannot open a window here (no display?); the simulator ran without one")
    if records:
        console.print(as_table(records))
        write_json(records, options.out / "result.json")
        draw_picture(records, options.out / "demo.png")
        write_film(records, recorder, options.out / "demo.gif")
        console.print(f"pictures: {options.out / 'demo.png'}, {options.out / 'demo.gif'}", highlight=False)
    missed = [record.demo.name for record in records if not record.verdict.reached]
    if problem is None and not missed:
        return 0
    _explain(problem or f"not reached: {', '.join(missed)}", system, records, console)
    return 1


def _drive_all(driver: Driver, goals: Sequence[DemoGoal], records: list[GoalRecord], console: Console) -> str | None:
    """Appends to `records`. -> why not all goals could be tried, None if all were."""
    columns = TextColumn("{task.description:<24}"), BarColumn(), TextColumn("{task.fields[note]:>10}"), TimeElapsedColumn()
    try:
        with Progress(*columns, console=console) as progress:
            starting = progress.add_task("starting the nodes", total=None, note="")
            driver.wait_until_ready()
            progress.update(starting, total=1, completed=1)
            for goal in goals:
                records.append(_drive(driver, goal, progress))
    except (DemoError, LaunchDied) as error:
        return str(error)
    return None


def _drive(driver: Driver, goal: DemoGoal, progress: Progress) -> GoalRecord:
    task = progress.add_task(f"to the {goal.name}", total=None, note="")

    def show(distance: float) -> None:
        first = progress.tasks[task].total or max(distance, 1e-3)
        progress.update(task, total=first, completed=max(0.0, first - distance), note=f"{100 * distance:.1f} cm")

    record = driver.reach(goal, show)
    progress.update(task, total=1.0, completed=1.0, note=f"{100 * record.verdict.distance:.1f} cm")
    return record


def _explain(problem: str, system: LaunchedSystem, records: Sequence[GoalRecord], console: Console) -> None:
    for record in records:
        if not record.verdict.reached:
            console.print(f"{record.demo.name}: {record.outcome.code.name}, {record.outcome.message}", markup=False)
    for line in system.errors():
        console.print(f"  | {line}", markup=False, highlight=False, soft_wrap=True)
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > 2.0 * cores:
        console.print(f"The machine is busy: load {load:.0f} on {cores} cores. Camera and arm may have been starved.")
    console.print(f"demo: failed: {problem}", style="red", markup=False, highlight=False, soft_wrap=True)


def _stay_on_this_machine() -> None:
    """scripts/demo has done so already; whoever starts this file directly must not move a real arm either."""
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    os.environ.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 101))


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
