"""A part to be handled: how that is told, and where the part has to be by then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.demo.goals import DemoGoal
from sim.environment import PandaTabletop
from sim.tasks.pick_place import LIFTED, RAISED
from wm_core.types import Goal, Handling

TASK_MODEL = "panda_table"
_CONTENT = 0.02  # m that the model may read in the end; within 1.5 cm it leaves a part alone, and readings err
_WAYS = {"push": 0.08, "pick_place": 0.15}  # m, across the table, to where there is room


def task_goals(task: str, seed: int, image_size: int, told: str = "image", views: int = 1) -> tuple[DemoGoal, ...]:
    """task: 'push' or 'pick_place'. seed, image_size: the simulator node's. told: a kind of the task's goals: of 'image'
    pick_place has three, that are sent in turn. views: cameras that a goal's pictures are of.
    """
    scene = PandaTabletop(task, views=views, image_size=image_size)
    try:
        scene.reset(seed)
        here = scene.object_position()
        target = here - [0.0, np.copysign(_WAYS[task], here[1]), 0.0]
        *_, last = scene.stages_at(target)
        goals = [stage.goal for stage in scene.stages_at(target, told)]
    finally:
        scene.close()
    if len(goals) == 1:
        return (_only_goal(task.replace("_", " and "), goals[0], target, last.goal.image),)
    named = zip(("grasp", "lift", "place"), goals, (here, here + [0.0, 0.0, RAISED], target), ("holding", "holding", "open"))
    return tuple(DemoGoal(name, goal, at, goal.image, "part", fingers) for name, goal, at, fingers in named)


def _only_goal(name: str, goal: Goal, target: np.ndarray, picture: np.ndarray) -> DemoGoal:
    """picture: (H, W, 3), how it looks in the end, for a goal that shows nothing."""
    shown = picture if goal.image is None else goal.image
    if goal.handling is Handling.LIFT:
        return DemoGoal(name, goal, target, shown, "part", "open", lifted=LIFTED)
    # Told the tolerance that counts, 3 cm, it would be content too early: it reads the part to about a centimetre.
    return DemoGoal(name, replace(goal, position_tolerance=_CONTENT), target, shown, "part")
