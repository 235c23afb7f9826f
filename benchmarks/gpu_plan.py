"""Plans on an NVIDIA GPU: whether they are right, what they take, and where the time goes.

    python benchmarks/gpu_plan.py --json out/gpu_plan.json

Without a GPU it measures the CPU alone, and says so. Pictures, places and goals are random: plans take as long as any.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import platform
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from gpu_breakdown import break_down, profile_plan
from gpu_checks import check_kernel, check_plans
from gpu_scene import TASKS, Scenes, make_planner
from wm_core.backends import choose_backend
from wm_core.kinematics.urdf_arm import UrdfArm, load_arm
from wm_core.planning import MpcPlanner
from wm_core.resources import find_robot
from wm_core.types import PlannerState

BUDGETS = ((64, 5, 3), (128, 5, 3), (512, 8, 5))  # samples x horizon x iterations
LARGEST = BUDGETS[-1]
OWN = "GPU, recorded, own kernels"
# device, backend, recorded, how many of the plans
CONTENDERS = {
    "CPU, fused": ("cpu", "fused", False, 0.15),
    "GPU, not recorded": ("cuda", "fused", False, 0.15),
    "GPU, recorded": ("cuda", "fused", True, 1.0),
    OWN: ("cuda", "fused-cuda", True, 1.0),
    "GPU, recorded, bfloat16": ("cuda", "fused-bf16", True, 1.0),
}


class Report:
    """Prints rows and keeps them; a part that fails is printed and does not end the rest."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []
        self.failed: list[str] = []
        self._begun = time.perf_counter()

    def part(self, title: str, measure: Callable[[], list[tuple[str, object]]]) -> None:
        """One table."""
        print(f"\n== {title}  [{time.perf_counter() - self._begun:.0f} s]", flush=True)
        try:
            found = measure()
        except Exception:
            traceback.print_exc()
            self.failed.append(title)
            return
        for name, value in found:
            print(f"{name:95} {value}", flush=True)
            self.rows.append({"part": title, "name": name, "value": value})


def machine() -> list[tuple[str, object]]:
    """What is measured on."""
    rows: list[tuple[str, object]] = [("processor", platform.processor() or platform.machine()), ("torch", torch.__version__)]
    rows.append(("threads of torch", torch.get_num_threads()))
    if torch.cuda.is_available():
        rows += [("GPU", torch.cuda.get_device_name()), ("driver's CUDA", torch.version.cuda)]
    return [*rows, ("GPU rows are left out: torch finds no GPU", "")] if not torch.cuda.is_available() else rows


def time_plans(arm: UrdfArm, model: str, budget: tuple[int, int, int], plans: int, threads: int) -> list[tuple[str, object]]:
    """ms until a plan can be carried out and until it is explained: plan by plan in turn, then of the fastest alone."""
    scenes, rows = Scenes(model), []
    names = [name for name, (device, *_) in CONTENDERS.items() if device == "cpu" or torch.cuda.is_available()]
    planners: dict[str, MpcPlanner] = {}
    for name in names:
        device, backend, record, _ = CONTENDERS[name]
        planners[name] = make_planner(arm, model, device, backend, budget, record, threads if device == "cpu" else None)
        begun = time.perf_counter()
        for number in range(4):  # warms up, and records
            planners[name].plan(scenes.seen(number), scenes.goals[0], PlannerState(seed=number))
        rows.append((f"{name}: the first four plans, s", round(time.perf_counter() - begun, 3)))
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    gc.collect()
    for number in range(plans):
        for name, planner in planners.items():
            every = round(1.0 / CONTENDERS[name][3])
            if number % every:
                continue
            seen = scenes.seen(5 + number)
            begun = time.perf_counter()
            draft = planner.draft(seen, scenes.goals[0], PlannerState(seed=number))
            carried_out = time.perf_counter()
            draft.review()
            taken[name].append((1e3 * (carried_out - begun), 1e3 * (time.perf_counter() - begun)))
    for name, values in taken.items():
        rows.append((f"{name}: p50 and p95, ms, in turn", _figures(values)))
    if OWN in planners:
        for how, pause in (("one after the other", 0.0), ("20 a second", 0.05)):
            rows.append((f"{OWN}: p50 and p95, ms, {how}, nobody else", _figures(_alone(planners[OWN], scenes, plans, pause))))
    return rows


def _alone(planner: MpcPlanner, scenes: Scenes, plans: int, pause: float) -> list[tuple[float, float]]:
    """ms of plans that nothing else is planned between. pause: s before each."""
    taken = []
    for number in range(plans + 2):
        seen = scenes.seen(5 + number)
        time.sleep(pause)
        begun = time.perf_counter()
        draft = planner.draft(seen, scenes.goals[0], PlannerState(seed=number))
        carried_out = time.perf_counter()
        draft.review()
        taken.append((1e3 * (carried_out - begun), 1e3 * (time.perf_counter() - begun)))
    return taken[2:]


def _figures(values: list[tuple[float, float]]) -> str:
    (half, most), (half_all, most_all) = (np.percentile(part, [50, 95]) for part in zip(*values))
    return f"{half:7.3f} {most:7.3f}   explained {half_all:7.3f} {most_all:7.3f}   of {len(values)}"


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="all rows, into this file")
    parser.add_argument("--plans", type=int, default=200, help="a contender and a budget")
    parser.add_argument("--threads", type=int, default=4, help="of the CPU's planner")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    arm, report = load_arm(find_robot("panda")), Report()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    report.part("machine", machine)
    report.part("kernel against tensors, and all limits", lambda: check_kernel(arm, device))
    for model, task in TASKS.items():
        report.part(f"plans of {task}", lambda: check_plans(arm, model, device, given.threads))
    for model, task in TASKS.items():
        backend = "fused-cuda" if device == "cuda" else "fused"
        planner = make_planner(arm, model, device, backend, LARGEST, threads=given.threads)
        report.part(f"backends by time, {task}", lambda: [("auto", str(choose_backend(model_of(planner), *LARGEST[:2])))])
        report.part(f"parts of a plan, {task} {LARGEST}, ms", lambda: break_down(planner, Scenes(model)))
        if device == "cuda":
            report.part(f"kernels of a plan, {task} {LARGEST}: us and launches a plan", lambda: profile_plan(planner, Scenes(model)))
    for budget in reversed(BUDGETS):
        for model, task in TASKS.items():
            report.part(f"{task}, samples x horizon x iterations {budget}", lambda: time_plans(arm, model, budget, given.plans, given.threads))
    if given.json is not None:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(report.rows, indent=1))
    print(f"\nfailed: {report.failed or 'nothing'}")


def model_of(planner: MpcPlanner) -> object:
    """Without its backend."""
    return planner.world_model.base


if __name__ == "__main__":
    main()
