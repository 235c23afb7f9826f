"""Tasks: a scene to begin with, goals, and what counts as done. A new one is a file here and a line in `TASKS`."""

from __future__ import annotations

from sim.tasks.pick_place import PickPlace
from sim.tasks.push import Push
from sim.tasks.reach import Reach
from sim.tasks.reach_around import ReachAround
from sim.tasks.task import Task

TASKS: dict[str, type[Task]] = {task.name: task for task in (Reach, Push, PickPlace, ReachAround)}

__all__ = ["TASKS", "Task"]
