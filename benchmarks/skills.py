"""Skills as predicted and as simulated: `python benchmarks/skills.py --model panda_table --scenes 100 --json FILE`.

Every scene is set up again for each skill; the goal is the push task's goal picture. Prints how often the skill that was
predicted to be best was best, against choosing one at random, and how far the predicted motion of the object was off.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).resolve().parent.parent))

from sim.environment import PandaTabletop  # noqa: E402
from wm_core.agent import load_agent  # noqa: E402
from wm_core.evaluation.wilson import wilson95  # noqa: E402
from wm_core.resources import find_model  # noqa: E402
from wm_core.skills.calibration import SkillScene, SkillTrial, calibrate  # noqa: E402
from wm_core.skills.named import named_skills  # noqa: E402

CLOSE = 0.01  # m: two skills that end nearer to each other than this are equally good


def main() -> None:
    """Runs the scenes and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="panda_table")
    parser.add_argument("--scenes", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    agent = load_agent(find_model(options.model), "cpu", threads=1)
    seeds = range(options.seed, options.seed + options.scenes)
    scenes = list(calibrate(PandaTabletop("push"), agent, named_skills(), seeds))
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps([scene.model_dump() for scene in scenes], indent=1) + "\n")
    report(scenes, Console())


def report(scenes: list[SkillScene], console: Console) -> None:
    """Agreement over all scenes, and errors skill by skill."""
    right = sum(scene.agrees for scene in scenes)
    close = sum(scene.regret_m <= CLOSE for scene in scenes)
    low, high = wilson95(right, len(scenes))
    console.print(
        f"predicted best = best in simulation: {right} of {len(scenes)} (95 % interval {100 * low:.0f} to {100 * high:.0f} %), "
        f"within {100 * CLOSE:.0f} cm of the best: {close}; at random {100 / len(scenes[0].trials):.0f} %"
    )
    table = Table("skill", "moved, cm", "predicted", "error, median", "error, p90", "lifted", "said graspable")
    by_name: dict[str, list[SkillTrial]] = defaultdict(list)
    for scene in scenes:
        for trial in scene.trials:
            by_name[trial.skill].append(trial)
    for name, trials in by_name.items():
        errors = 100 * np.array([trial.error_m for trial in trials])
        lifting = trials[0].lifted is not None
        table.add_row(
            name,
            f"{100 * np.mean([trial.true_moved_m for trial in trials]):.1f}",
            f"{100 * np.mean([trial.predicted_moved_m for trial in trials]):.1f}",
            f"{np.median(errors):.1f}",
            f"{np.percentile(errors, 90):.1f}",
            f"{sum(bool(trial.lifted) for trial in trials)} of {len(trials)}" if lifting else "",
            f"{sum(bool(trial.graspable) for trial in trials)}" if lifting else "",
        )
    console.print(table)


if __name__ == "__main__":
    main()
