"""Skills as predicted and as simulated: `python benchmarks/skills.py --model panda_table --scenes 100 --trials FILE`.

Every scene is set up again for each skill; the goal is the push task's goal picture. Prints how often the skill that was
predicted to be best was best, and how far the predicted motion of the object was off: as the world model alone imagines
it, after experience, and from experience alone. `--fit` makes experience of the trials and puts it beside the model.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).resolve().parent.parent))

from sim.environment import PandaTabletop  # noqa: E402
from wm_core.agent import load_agent  # noqa: E402
from wm_core.evaluation.wilson import wilson95  # noqa: E402
from wm_core.model.checkpoint import model_hash  # noqa: E402
from wm_core.resources import find_model  # noqa: E402
from wm_core.skills.calibration import calibrate  # noqa: E402
from wm_core.skills.experience import Experience, fit_experience  # noqa: E402
from wm_core.skills.experience_store import load_experience, save_experience  # noqa: E402
from wm_core.skills.named import named_skills  # noqa: E402
from wm_core.skills.trial import SkillScene, SkillTrial  # noqa: E402

CLOSE = 0.01  # m: two skills that end nearer to each other than this are equally good
Measure = Callable[[SkillTrial], float]


def main() -> None:
    """Runs the scenes that are not in the file yet, and prints the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="panda_table")
    parser.add_argument("--scenes", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trials", type=Path, help="JSON lines, a scene each; what is there is not done again")
    parser.add_argument("--fit", action="store_true", help="make experience of these trials: skills.yaml of the model")
    options = parser.parse_args()
    folder = find_model(options.model)
    seeds = range(options.seed, options.seed + options.scenes)
    scenes = run(folder, seeds, options.trials, experienced=not options.fit)
    console = Console()
    report(scenes, None if options.fit else load_experience(folder), console)
    if options.fit:
        save_experience(fit_experience(scenes, named_skills(), model_hash(folder)), folder)
        console.print(f"experience of {len(scenes)} scenes is in {folder}")


def run(folder: Path, seeds: range, trials: Path | None, experienced: bool) -> list[SkillScene]:
    """Every scene is written as soon as it is done. experienced: whether the agent uses what it has learned before."""
    kept = read(trials) if trials is not None and trials.exists() else {}
    agent = load_agent(folder, "cpu", threads=1, experienced=experienced)
    missing = [seed for seed in seeds if seed not in kept]
    for scene in calibrate(PandaTabletop("push"), agent, named_skills(), missing):
        kept[scene.seed] = scene
        if trials is not None:
            trials.parent.mkdir(parents=True, exist_ok=True)
            with trials.open("a") as file:
                file.write(scene.model_dump_json() + "\n")
    return [kept[seed] for seed in seeds]


def read(trials: Path) -> dict[int, SkillScene]:
    """By seed. A last line that was cut short counts as not there."""
    *lines, rest = trials.read_text().split("\n")
    if rest:
        trials.write_text("".join(line + "\n" for line in lines))
    return {scene.seed: scene for scene in map(SkillScene.model_validate_json, lines)}


def report(scenes: list[SkillScene], experience: Experience | None, console: Console) -> None:
    """Agreement over all scenes, and errors skill by skill. experience: of the model, for what it would say alone."""
    console.print(agreement(scenes, "distance to what the goal shows", rankings(experience, 3), lambda trial: trial.apart_m))
    console.print(agreement(scenes, "distance over the table alone", rankings(experience, 2), lambda trial: trial.distance_m))
    table = Table("skill", "moved, cm", "imagined", "error", "with experience", "error", "said", "lifted", "said graspable")
    by_name: dict[str, list[SkillTrial]] = defaultdict(list)
    for scene in scenes:
        for trial in scene.trials:
            by_name[trial.skill].append(trial)
    for name, trials in by_name.items():
        table.add_row(name, *_errors(trials), *_lifted(trials))
    console.print(table)
    console.print("errors are root mean squares, cm; 'said' is what the agent takes its error to be")


def rankings(experience: Experience | None, axes: int) -> dict[str, Measure]:
    """What skills are put in order by, over the first `axes` axes: m from the goal as it was read off its picture."""

    def learned(trial: SkillTrial) -> float:
        return _length([*(trial.predicted_left_m or ())[:axes], *(trial.spread_m or ())[:axes]])

    def imagined(trial: SkillTrial) -> float:
        return _length((trial.imagined_left_m or ())[:axes])

    def usual(trial: SkillTrial) -> float:
        way = np.add(trial.imagined_left_m, trial.imagined_object_m)
        return _length((way - experience.skills[trial.skill].mean)[:axes])

    found = {"with experience": learned, "as imagined": imagined}
    return found if experience is None else {**found, "experience alone: the mean of its trials": usual}


def agreement(scenes: list[SkillScene], title: str, rankings: dict[str, Measure], truth: Measure) -> Table:
    """A row for each way of ranking. Skills out of reach come last, as for the agent."""
    table = Table(f"best by {title}", "predicted = true", "95 % interval", "within 1 cm", "mean regret, cm")
    for name, measure in rankings.items():
        regrets = np.array([regret(scene, measure, truth) for scene in scenes])
        right = int((regrets == 0.0).sum())
        low, high = wilson95(right, len(scenes))
        close = int((regrets <= CLOSE).sum())
        table.add_row(name, f"{right} of {len(scenes)}", f"{100 * low:.0f} to {100 * high:.0f} %", f"{close}", f"{100 * regrets.mean():.2f}")
    return table


def regret(scene: SkillScene, measure: Measure, truth: Measure) -> float:
    """m that the best skill came nearer than the one that `measure` puts first"""
    chosen = min(scene.trials, key=lambda trial: (not trial.reachable, measure(trial)))
    return truth(chosen) - min(truth(trial) for trial in scene.trials)


def _errors(trials: list[SkillTrial]) -> list[str]:
    true, *guesses = (
        np.array([getattr(trial, name) for trial in trials])
        for name in ("true_object_m", "imagined_object_m", "predicted_object_m")
    )
    cells = [f"{100 * np.linalg.norm(true, axis=1).mean():.1f}"]
    for guess in guesses:
        cells += [f"{100 * np.linalg.norm(guess, axis=1).mean():.1f}", f"{100 * np.sqrt(np.square(guess - true).sum(1).mean()):.2f}"]
    said = [trial.uncertainty_m for trial in trials if trial.uncertainty_m is not None]
    return [*cells, f"{100 * np.mean(said):.2f}" if said else ""]


def _lifted(trials: list[SkillTrial]) -> list[str]:
    if trials[0].lifted is None:
        return ["", ""]
    return [f"{sum(bool(trial.lifted) for trial in trials)} of {len(trials)}", f"{sum(bool(trial.graspable) for trial in trials)}"]


def _length(parts: Sequence[float]) -> float:
    return float(np.linalg.norm(parts)) if len(parts) else np.inf


if __name__ == "__main__":
    main()
