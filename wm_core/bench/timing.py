"""Times of contenders, taken in turn."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from wm_core.bench.contender import Contender
from wm_core.bench.plan_check import Situation


def measure(
    contenders: Sequence[Contender], situations: Sequence[Situation], plans: int
) -> tuple[list[list[float]], list[list[np.ndarray]]]:
    """Every contender plans once in every round, so that a busy moment hits all alike; each plan is a cold start.

    -> for each contender: ms of `plans` plans, and their controls (H, A). One round before them warms up.
    """
    times: list[list[float]] = [[] for _ in contenders]
    chosen: list[list[np.ndarray]] = [[] for _ in contenders]
    for number in range(-1, plans):
        situation = situations[number % len(situations)]
        for row in range(len(contenders)):
            index = (row + number) % len(contenders)  # nobody is always the one after the slowest
            contenders[index].reset(max(number, 0))
            begun = time.perf_counter()
            controls = contenders[index].plan(situation.observations, situation.goal)
            taken = 1e3 * (time.perf_counter() - begun)
            if number >= 0:
                times[index].append(taken)
                chosen[index].append(controls)
    return times, chosen
