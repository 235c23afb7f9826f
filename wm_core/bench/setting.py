"""What a race varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from wm_core.bench.budget import Budget

SAMPLES, ITERATIONS = (8, 16, 32, 64, 128, 256), (1, 2, 3, 5)


@dataclass(frozen=True)
class Setting:
    """budget, and whether a plan starts from the last one."""

    budget: Budget
    warm: bool

    def __str__(self) -> str:
        # Without the horizon: it is the model's, and models differ from task to task.
        return f"{self.budget.samples}x{self.budget.iterations} {'warm' if self.warm else 'cold'}"


def sweep_settings(horizon: int, names: Sequence[str] = ()) -> list[Setting]:
    """Every combination, or those named, such as '64x3 warm'; the cheapest first. Raises `ValueError` for an unknown name."""
    found = [Setting(Budget(s, horizon, i), warm) for s, i, warm in product(SAMPLES, ITERATIONS, (True, False))]
    found = {str(setting): setting for setting in sorted(found, key=lambda setting: setting.budget.evaluations)}
    for name in names:
        if name not in found:
            raise ValueError(f"setting '{name}' is not known: expected some of: {', '.join(found)}")
    return [setting for name, setting in found.items() if not names or name in names]
