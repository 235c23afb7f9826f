"""What a sweep varies."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from wm_core.bench.budget import Budget

SAMPLES, ITERATIONS = (32, 64, 128, 256), (1, 3, 5)


@dataclass(frozen=True)
class Setting:
    """budget, and whether a plan starts from the last one."""

    budget: Budget
    warm: bool

    def __str__(self) -> str:
        return f"{self.budget} {'warm' if self.warm else 'cold'}"


def sweep_settings(horizon: int) -> list[Setting]:
    """Every combination, the cheapest first."""
    found = [Setting(Budget(s, horizon, i), warm) for s, i, warm in product(SAMPLES, ITERATIONS, (True, False))]
    return sorted(found, key=lambda setting: setting.budget.evaluations)
