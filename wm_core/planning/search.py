"""What every search for a good plan has in common: what it begins with, what it finds, and its time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Callable, Protocol

import torch
from torch import Tensor

from wm_core.planning.evaluator import Scores
from wm_core.planning.prior import Guesses


class PlanningError(RuntimeError):
    """No imagined future has a finite cost; the message says of how many."""


@dataclass(frozen=True)
class Beginning:
    """mean, std: (H, A) to begin with. proposals: (H, A) each, always tried. guesses: of a prior.

    elites: (K, H, A), the best of the last plan, carried over to now; none on a cold start or where a method keeps none.
    """

    mean: Tensor
    std: Tensor
    proposals: tuple[Tensor, ...] = ()
    guesses: Guesses | None = None
    elites: Tensor | None = None


@dataclass(frozen=True, eq=False)
class Chosen:
    """What a plan needs of one candidate. joint_path: (H, J). tool_position, displacements: (H, 3). gripper: (H,), None without one.

    shares: (N,), weighted, of each term of the cost.
    """

    joint_path: Tensor
    tool_position: Tensor
    displacements: Tensor
    gripper: Tensor | None
    shares: Tensor

    @staticmethod
    def of(scores: Scores, row: int | Tensor) -> Chosen:
        """That of one row; row: (1,), where only the device knows which, which leaves a dimension of 1 in front."""
        all_of, shares = scores.candidates, scores.shares.T
        gripper = None if all_of.gripper is None else all_of.gripper[row]
        return Chosen(all_of.joint_path[row], all_of.tool_position[row], all_of.displacements[row], gripper, shares[row])

    @property
    def parts(self) -> list[Tensor]:
        """Those that are there, in their order."""
        every = self.joint_path, self.tool_position, self.displacements, self.gripper, self.shares
        return [part for part in every if part is not None]


@dataclass(frozen=True)
class Found:
    """The best candidate that was scored: row `row` of `scores`. mean: (H, A) of the last refit.

    scored: all that was, one evaluation after the other, without latents. elites: (K, H, A) for the next plan, None where
    the method keeps none. told: the best one, where it was read from the device already.
    """

    scores: Scores
    row: int
    cost: float
    mean: Tensor
    iterations: int
    scored: tuple[Scores, ...]
    elites: Tensor | None = None
    told: Chosen | None = None

    @property
    def chosen(self) -> Chosen:
        """The best."""
        return Chosen.of(self.scores, self.row) if self.told is None else self.told

    @property
    def actions(self) -> Tensor:
        """(H, A) of the best."""
        return self.scores.candidates.actions[self.row]


class Search(Protocol):
    """One method. It remembers nothing: what one plan hands to the next is in `Found` and `Beginning`."""

    def search(
        self, score: Callable[[Tensor], Scores], begin: Beginning, generator: torch.Generator, started: float
    ) -> Found:
        """score: (S, H, A) -> scores. started: by the clock of the search; the deadline counts from it.

        One evaluation is always made, another one only where it is expected to fit. What is found has a finite cost and
        is the best of all that was scored. Whatever limits actions has to do so inside `score`: samples are refitted as
        they were drawn, because averaging clamped ones pulls the mean away from the bounds. Raises `PlanningError`.
        """


class Budget:
    """The time of one search. Another evaluation fits if it ends by the deadline, should it take as long as the longest."""

    def __init__(self, clock: Callable[[], float], started: float, deadline: float) -> None:
        """started: by the clock; deadline: s from then."""
        self._clock, self._started, self._deadline = clock, started, deadline
        self._longest = 0.0

    def fits(self) -> bool:
        """Whether another evaluation does."""
        return self._clock() - self._started + self._longest <= self._deadline

    @contextmanager
    def evaluation(self) -> Iterator[None]:
        """Around each of them: it is timed."""
        begun = self._clock()
        yield
        self._longest = max(self._longest, self._clock() - begun)


def better(best: Found | None, scores: Scores, mean: Tensor, iterations: int) -> Found:
    """The best of `best` and `scores`, with the newest mean; the earlier one where they are equal."""
    row = int(scores.costs.argmin())
    cost = float(scores.costs[row])
    scored = (*(() if best is None else best.scored), scores.without_latents())
    if best is not None and best.cost <= cost:
        return replace(best, mean=mean, iterations=iterations, scored=scored)
    return Found(scores, row, cost, mean, iterations, scored)
