"""Processor time of a plan with declared boxes and without, plan by plan in turn, on one thread.

`python benchmarks/obstacle_time.py` plans to goal pictures with the budget that the model ships with. The boxes are those of
`guard_time.py`: off to the sides, so that the search meets them and is not stopped by them.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

import numpy as np  # noqa: E402
import torch  # noqa: E402
from guard_time import BOXES  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from sim.environment import PandaTabletop  # noqa: E402
from wm_core.agent import load_agent  # noqa: E402
from wm_core.config import ObstacleConfig  # noqa: E402
from wm_core.resources import find_model  # noqa: E402
from wm_core.types import PlannerState  # noqa: E402

COUNTS = (0, 1, len(BOXES))
SCENES = 16


def main() -> None:
    """A row for each number of boxes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="panda_tabletop")
    parser.add_argument("--task", default="reach", help="reach, push: what the scenes are of")
    parser.add_argument("--rounds", type=int, default=4, help="plans in every scene")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    environment = PandaTabletop(arguments.task)
    scenes = [(environment.reset(seed), environment.stages(seed)[0].goal) for seed in range(SCENES)]
    environment.close()
    agent = load_agent(find_model(arguments.model), "cpu", backend="fused")
    boxes = [ObstacleConfig(name=f"box {at}", lower=low, upper=high) for at, (low, high) in enumerate(BOXES)]
    planners = [agent.with_obstacles(boxes[:count]).planner if count else agent.planner for count in COUNTS]
    spent = []
    for turn in range(-1, arguments.rounds * SCENES):  # the first one warms up
        seen, goal = scenes[turn % SCENES]
        row = []
        for planner in planners:
            begun = time.thread_time()
            planner.draft([seen, seen], goal, PlannerState(seed=turn))
            row.append(1e3 * (time.thread_time() - begun))
        spent.append(row)
    table = Table("boxes", "can be carried out, ms", "p95, ms", "times without boxes")
    times = np.array(spent[1:])  # (rounds * SCENES, len(COUNTS))
    for column, count in enumerate(COUNTS):
        p50, p95 = np.percentile(times[:, column], [50, 95])
        table.add_row(str(count), f"{p50:.1f}", f"{p95:.1f}", f"{np.median(times[:, column] / times[:, 0]):.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
