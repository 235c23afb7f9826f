"""How much a planner may imagine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """samples x horizon x iterations."""

    samples: int
    horizon: int
    iterations: int

    @property
    def evaluations(self) -> int:
        """Predictions of one step each."""
        return self.samples * self.horizon * self.iterations

    def __str__(self) -> str:
        return f"{self.samples}x{self.horizon}x{self.iterations}"


STANDARD = (Budget(64, 5, 3), Budget(128, 5, 5), Budget(256, 10, 5), Budget(512, 3, 6))
