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
from sim.demo.task_goals import TASK_MODEL, task_goals
from sim.node_parameters import SimParameters
from sim.tasks import TASKS
from wm_core.config import ConfigError, ModelCardConfig, load_config
from wm_core.resources import find_model, find_robot
from wm_ros.client import PlannerClient
from wm_ros.outcome import Code
from wm_ros.planner_parameters import PlannerParameters

GOALS_TOLD = (
    "how the end is told with --task: image (default; of pick_place three pictures, sent in turn), object (a position in metres), "
    "final (of pick_place: one picture); with the last two the part of pick_place is asked to be lifted"
)
COMMAND = ["ros2", "launch", "wm_ros", "arm_planner.launch.py", "sim:=true"]
SECOND_CAMERA = "watch_camera/image_raw"


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
    text = (
        "Launch the simulated arm and drive it to a goal image, a tool pose and a joint pose; with --task, have it handle "
        "a part as pictures show or a position says, which the shipped model does not always manage."
    )
    parser = argparse.ArgumentParser(prog="scripts/demo", description=text)
    option = parser.add_argument
    option("--gui", action="store_true", help="open PyBullet's window, where there is a display")
    option("--task", choices=("push", "pick_place"), help="push the part, or pick it up and put it down")
    option("--goal", choices=("image", "final", "object"), default="image", help=GOALS_TOLD)
    option("--seed", type=int, default=SimParameters().seed, help="of the scene (default: %(default)s)")
    option("--model", help="world model, a name or a folder (default: the launch file's); none: no goal image")
    option("--out", type=Path, default=Path("out/demo"), help="for pictures and log, from the repository (default: %(default)s)")
    option("--time-limit", type=float, default=240.0, help="s for everything after set-up (default: %(default)s)")
    options = parser.parse_args(arguments)
    if options.task and options.model == "none":
        parser.error("--task needs a model that sees the part, and --model none is none")
    kinds = TASKS[options.task].kinds if options.task else ("image",)
    if options.goal not in kinds:
        parser.error(f"--goal {options.goal}, --task {options.task}: expected a goal of: {', '.join(kinds)}")
    return options


def _run(options: argparse.Namespace, console: Console) -> int:
    options.out.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + options.time_limit
    views = _views(_model(options) or PlannerParameters().model)
    goals = _goals(options, views)
    if options.model == "none":
        goals = tuple(goal for goal in goals if goal.goal.image is None)
    command = _command(options, views)
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
    reached = {record.demo.name for record in records if record.verdict.reached}
    missed = [goal.name for goal in goals if goal.name not in reached]
    if problem is None and not missed:
        return 0
    _explain(problem or f"not reached: {', '.join(missed)}", system, records, console)
    return 1


def _goals(options: argparse.Namespace, views: int) -> tuple[DemoGoal, ...]:
    seed, size = options.seed, SimParameters().image_width
    return demo_goals(seed, size, views) if options.task is None else task_goals(options.task, seed, size, options.goal, views)


def _model(options: argparse.Namespace) -> str | None:
    """None: the launch file's."""
    return options.model or (TASK_MODEL if options.task else None)


def _views(model: str) -> int:
    """Cameras that it sees through, as many as the simulator has at most; 1 where that cannot be read: the planner says why."""
    try:
        card = load_config(ModelCardConfig, find_model(model) / "config.yaml")
    except ConfigError:
        return 1
    return min(card.model.views, 2)


def _command(options: argparse.Namespace, views: int) -> list[str]:
    second = SECOND_CAMERA if views > 1 else None
    settings = {
        "gui": "true" if options.gui else None,
        "model": _model(options),
        "task": options.task,
        "seed": options.seed or None,
        "watch_camera_topic": second,
    }
    return COMMAND + [f"{name}:={value}" for name, value in settings.items() if value is not None]


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
                if goal.about == "part" and records[-1].outcome.code is not Code.SUCCESS:
                    break  # a part that was not grasped cannot be lifted
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
            note = f" ({record.verdict.note})" if record.verdict.note else ""
            console.print(f"{record.demo.name}: {record.outcome.code.name}, {record.outcome.message}{note}", markup=False)
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
