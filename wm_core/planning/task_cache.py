"""Remembers what was made ready for the last goal."""

from __future__ import annotations

from typing import Callable

import numpy as np

from wm_core.planning.task import Task
from wm_core.types import Goal


class TaskCache:
    """Remembers the task of the last goal, so that a goal image is encoded once, when it changes.

    The key is the goal object itself, which is held here and so cannot be mistaken for a later one at the same
    address, and its contents, in case somebody wrote into the arrays of a goal in place.
    """

    def __init__(self, build: Callable[[Goal], Task]) -> None:
        self._build = build
        self._task: Task | None = None
        self._contents: tuple[np.ndarray, ...] = ()

    def get(self, goal: Goal) -> Task:
        """The task of `goal`, built if it is a new one."""
        if self._task is None or self._task.goal is not goal or not self._unchanged(goal):
            self._task = self._build(goal)
            self._contents = tuple(part.copy() for part in _arrays(goal))
        return self._task

    def _unchanged(self, goal: Goal) -> bool:
        return all(np.array_equal(now, before) for now, before in zip(_arrays(goal), self._contents))


def _arrays(goal: Goal) -> list[np.ndarray]:
    parts = [goal.image, *goal.other_views, goal.joints, goal.object_position]
    if goal.pose is not None:
        parts += [goal.pose.position, goal.pose.orientation]
    return [np.asarray(part) for part in parts if part is not None]
