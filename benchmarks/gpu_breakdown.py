"""Where the time of a plan goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch

from gpu_scene import Scenes
from wm_core.planning import MpcPlanner, mpc
from wm_core.planning.recording import Recording
from wm_core.types import PlannerState

Rows = list[tuple[str, object]]


class Stopwatch:
    """Times parts of a plan by their names, waiting for the device before and after: the sum is more than a plan takes."""

    def __init__(self, device: str) -> None:
        self.taken: dict[str, list[float]] = {}
        self._wait = torch.cuda.synchronize if device == "cuda" else lambda: None

    def around(self, owner: object, name: str, label: str) -> Callable[[], None]:
        """Times every call of `owner.name` until what it returns is called."""
        plain = getattr(owner, name)

        def timed(*given: object, **more: object) -> object:
            self._wait()
            begun = time.perf_counter()
            result = plain(*given, **more)
            self._wait()
            self.taken.setdefault(label, []).append(1e3 * (time.perf_counter() - begun))
            return result

        setattr(owner, name, timed)
        return lambda: setattr(owner, name, plain)


def break_down(planner: MpcPlanner, scenes: Scenes, plans: int = 40) -> Rows:
    """-> ms, medians of a plan's parts, of calls that are alike together."""
    watch = Stopwatch(planner.device.type)
    parts = [
        (planner._outset, "see", "encode the frame"),
        (planner._outset, "imagine_until", "imagine until the plan takes over"),
        (planner._restart, "look", "look for a standstill"),
        (mpc, "begin_search", "begin"),
        (planner, "_propose", "ask the prior"),
        (planner._search, "search", "search, all of it"),
        (Recording, "tell", "search: inputs"),
        (Recording, "draw", "search: noise of an iteration"),
        (Recording, "iterate", "search: an iteration"),
        (Recording, "found", "search: read what was found"),
        (mpc, "as_plan", "read the plan"),
    ]
    undo = [watch.around(*part) for part in parts]
    for number in range(plans + 5):
        if number == 5:
            watch.taken.clear()
        draft = planner.draft(scenes.seen(number), scenes.goals[0], PlannerState(seed=number))
        draft.review()
    for back in undo:
        back()
    calls = {label: len(values) / plans for label, values in watch.taken.items()}
    return [(f"{label} ({calls[label]:.0f} a plan)", round(median(values), 4)) for label, values in watch.taken.items()]


def profile_plan(planner: MpcPlanner, scenes: Scenes, plans: int = 5, most: int = 25) -> Rows:
    """-> us a plan on the GPU and launches a plan, of the kernels that take most; the first row is all of them."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA]) as profiler:
        for number in range(plans):
            planner.draft(scenes.seen(number), scenes.goals[0], PlannerState(seed=number))
        torch.cuda.synchronize()
    kernels = [each for each in profiler.key_averages() if each.self_device_time_total > 0]
    kernels.sort(key=lambda each: -each.self_device_time_total)
    rows = [("all", sum(each.self_device_time_total for each in kernels), sum(each.count for each in kernels))]
    rows += [(each.key[:90], each.self_device_time_total, each.count) for each in kernels[:most]]
    return [(name, f"{total / plans:.0f} us, {count / plans:.0f}") for name, total, count in rows]
