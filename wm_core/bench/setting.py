"""What a race varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product

from wm_core.bench.budget import Budget

SAMPLES, ITERATIONS = (8, 16, 32, 64, 128, 256, 512), (1, 2, 3, 5, 10)
# What is raced unless settings are named: the whole range in steps of four and of about three. Those between are for a
# second look, around a planner's winner: all of them are more than twice the work in the first round, which nobody leaves early.
COARSE_SAMPLES, COARSE_ITERATIONS = (8, 32, 128, 512), (1, 3, 10)


@dataclass(frozen=True)
class Setting:
    """budget, and whether a plan starts from the last one."""

    budget: Budget
    warm: bool

    def __str__(self) -> str:
        # Without the horizon: it is the model's, and models differ from task to task.
        return f"{self.budget.samples}x{self.budget.iterations} {'warm' if self.warm else 'cold'}"


def sweep_settings(horizon: int, names: Sequence[str] = ()) -> list[Setting]:
    """The coarse ones, or of all those named, such as '64x3 warm', '64x* warm' or '*'; the cheapest first.

    Raises `ValueError` for a name that fits none.
    """
    chosen = (SAMPLES, ITERATIONS) if names else (COARSE_SAMPLES, COARSE_ITERATIONS)
    found = [Setting(Budget(samples, horizon, iterations), warm) for samples, iterations, warm in product(*chosen, (True, False))]
    found.sort(key=lambda setting: setting.budget.evaluations)
    for name in names:
        if not any(fnmatchcase(str(setting), name) for setting in found):
            raise ValueError(f"setting '{name}' is not known: expected some of: {', '.join(map(str, found))}")
    return [setting for setting in found if not names or any(fnmatchcase(str(setting), name) for name in names)]
