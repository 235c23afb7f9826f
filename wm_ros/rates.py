"""Whether the planner's times fit each other, and how they do not."""

from __future__ import annotations

from wm_ros.planner_parameters import PlannerParameters
from wm_ros.planner_tools import LoadError, PlannerTools


def check_rates(parameters: PlannerParameters, tools: PlannerTools) -> None:
    """Raises `LoadError`, with the arithmetic, for times with which planning or the arm would stop and go."""
    found = [*(_wrong_frames(parameters, tools) if tools.sees else ()), *_wrong_plans(parameters, tools)]
    if found:
        raise LoadError("times do not fit: " + "; ".join(found))


def slow_plans(parameters: PlannerParameters, tools: PlannerTools) -> str | None:
    """What to tell of plans that may take longer than their period; it works, at the pace of the plans."""
    if tools.deadline <= parameters.replan_period:
        return None
    return (
        f"a plan may take {tools.deadline:g} s (the model's planner.deadline), longer than replan_period "
        f"{parameters.replan_period:g} s: expect one each {tools.deadline:g} s at worst"
    )


def _wrong_frames(chosen: PlannerParameters, tools: PlannerTools) -> list[str]:
    period, found = chosen.camera_period, []
    if tools.history > 1 and period > tools.step:
        found.append(
            f"camera_period {period:g} s > model step {tools.step:g} s: the model looks at {tools.history} frames a step "
            f"apart, each taken from within {period:g} / 2 = {period / 2:g} s, and two of them could be the same"
        )
    if period > chosen.max_frame_age:
        found.append(
            f"camera_period {period:g} s > max_frame_age {chosen.max_frame_age:g} s: a frame is too old before the next comes"
        )
    if period >= chosen.frozen_after:
        found.append(
            f"camera_period {period:g} s >= frozen_after {chosen.frozen_after:g} s: between two frames the camera counts as frozen"
        )
    return found


def _wrong_plans(chosen: PlannerParameters, tools: PlannerTools) -> list[str]:
    every, found = max(chosen.replan_period, tools.deadline), []
    if chosen.take_over > chosen.replan_period:
        found.append(
            f"take_over {chosen.take_over:g} s > replan_period {chosen.replan_period:g} s: "
            "a proposal is replaced before it takes over"
        )
    lasts, what = chosen.horizon, f"horizon {chosen.horizon:g} s"
    if tools.reach is not None and tools.reach < lasts:
        lasts, what = tools.reach, f"a plan's {tools.reach / tools.step:.0f} steps x {tools.step:g} s = {tools.reach:g} s"
    if every + chosen.take_over > lasts:
        found.append(
            f"max(replan_period {chosen.replan_period:g} s, the planner's deadline {tools.deadline:g} s) + take_over "
            f"{chosen.take_over:g} s = {every + chosen.take_over:g} s > {what}: the arm would come to rest before the next plan"
        )
    return found
