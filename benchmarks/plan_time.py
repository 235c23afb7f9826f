"""What a plan takes, in this tree and in an earlier commit, plan by plan in turn: a ratio that a wandering machine leaves alone.

`python benchmarks/plan_time.py --against 4926bdd` checks that commit out beside this tree, starts a process on each, has both
plan in the same scenes, and prints medians of processor time on one thread: until a plan can be carried out, and until it is
explained. Sixteen scenes, more than a model remembers pictures of.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
TASKS = {"panda_tabletop": "reach", "panda_table": "push"}
BUDGETS = ((8, 1), (32, 1), (32, 3), (128, 3))  # samples x iterations
SCENES = 16


class Worker:
    """A process that plans with the code and the models of one tree."""

    def __init__(self, tree: Path) -> None:
        path = os.pathsep.join(filter(None, (str(tree), os.environ.get("PYTHONPATH"))))
        command = [sys.executable, __file__, "--work-in", str(tree)]
        environment = {**os.environ, "PYTHONPATH": path, "OMP_WAIT_POLICY": "PASSIVE"}
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def plan(self, model: str, samples: int, iterations: int, scene: int) -> tuple[float, float]:
        """-> ms until a plan can be carried out, and until it is explained."""
        print(model, samples, iterations, scene, file=self._process.stdin, flush=True)
        carried_out, explained = self._process.stdout.readline().split()
        return float(carried_out), float(explained)

    def close(self) -> None:
        """Ends it."""
        self._process.stdin.close()
        self._process.wait(timeout=30.0)


def work(tree: Path) -> None:
    """Plans as it is told on standard input, and writes what that took."""
    import torch

    from sim.environment import PandaTabletop
    from wm_core.agent import load_agent
    from wm_core.bench.replanner import replanner
    from wm_core.types import PlannerState

    torch.set_num_threads(1)
    agents, scenes, planners = {}, {}, {}
    for model, task in TASKS.items():
        agents[model] = load_agent(tree / "models" / model, "cpu", backend="fused")
        environment = PandaTabletop(task)
        scenes[model] = [(environment.reset(seed), environment.stages(seed)[0].goal) for seed in range(SCENES)]
        environment.close()
    for line in sys.stdin:
        model, *numbers = line.split()
        samples, iterations, scene = map(int, numbers)
        size = {"samples": samples, "iterations": iterations, "deadline": 60.0}
        if (model, samples, iterations) not in planners:
            planners[model, samples, iterations] = replanner(agents[model].planner, **size)
        planner, (seen, goal) = planners[model, samples, iterations], scenes[model][scene]
        begun = time.thread_time()
        if hasattr(planner, "draft"):
            draft = planner.draft([seen, seen], goal, PlannerState(seed=scene))
            carried_out = time.thread_time()
            draft.review()
        else:  # before there were drafts
            planner.plan([seen, seen], goal, PlannerState(seed=scene))
            carried_out = time.thread_time()
        print(1e3 * (carried_out - begun), 1e3 * (time.thread_time() - begun), flush=True)


def compare(here: Worker, there: Worker, rounds: int) -> Table:
    """rounds: plans in every scene."""
    table = Table("model", "samples x iterations", "before, ms", "can be carried out, ms", "times less", "explained, ms", "times less")
    for model in TASKS:
        for samples, iterations in BUDGETS:
            pairs = []
            for turn in range(-1, rounds * SCENES):  # the first one warms up
                asked = model, samples, iterations, turn % SCENES
                pairs.append((there.plan(*asked)[1], *here.plan(*asked)))
            before, carried_out, explained = zip(*pairs[1:])
            gains = [median(old / new for old, new in zip(before, now)) for now in (carried_out, explained)]
            cells = median(before), median(carried_out), gains[0], median(explained), gains[1]
            table.add_row(model, f"{samples}x{iterations}", *(f"{cell:.2f}" for cell in cells))
    return table


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", default="HEAD~1", help="the earlier commit")
    parser.add_argument("--rounds", type=int, default=2, help="plans in every scene")
    parser.add_argument("--work-in", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work_in is not None:
        work(arguments.work_in)
        return
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "before"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", "--quiet", str(tree), arguments.against], check=True)
        workers = Worker(ROOT), Worker(tree)
        try:
            Console().print(compare(*workers, arguments.rounds))
        finally:
            for worker in workers:
                worker.close()
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


if __name__ == "__main__":
    main()
