"""A part to be handled, told as pictures: what each shows, and where the part has to be by then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.demo.goals import DemoGoal
from sim.environment import PandaTabletop
from sim.tasks.pick_place import RAISED

TASK_MODEL = "panda_table"
_CONTENT = 0.02  # m that the model may read in the end; within 1.5 cm it leaves a part alone, and readings err
_WAYS = {"push": 0.08, "pick_place": 0.15}  # m, across the table, to where there is room


def task_goals(task: str, seed: int, image_size: int) -> tuple[DemoGoal, ...]:
    """task: 'push', one picture, or 'pick_place', three that are sent in turn. seed, image_size: the simulator node's."""
    scene = PandaTabletop(task, image_size=image_size)
    try:
        scene.reset(seed)
        here = scene.object_position()
        target = here - [0.0, np.copysign(_WAYS[task], here[1]), 0.0]
        pictures = [stage.goal for stage in scene.stages_at(target)]
    finally:
        scene.close()
    if task == "push":
        (goal,) = pictures
        # Told the tolerance that counts, 3 cm, it would be content too early: it reads the part to about a centimetre.
        return (DemoGoal("push", replace(goal, position_tolerance=_CONTENT), target, goal.image, about="part"),)
    named = zip(("grasp", "lift", "place"), pictures, (here, here + [0.0, 0.0, RAISED], target), ("holding", "holding", "open"))
    return tuple(DemoGoal(name, goal, at, goal.image, "part", fingers) for name, goal, at, fingers in named)
