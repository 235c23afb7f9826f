"""All iterations of a sampling search as a device does them by itself, recorded once and then done again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from wm_core.cuda import Recorder
from wm_core.planning.evaluator import Scores
from wm_core.planning.prior import Guesses
from wm_core.planning.sampling import Drawing, SamplingSearch, first_drawing
from wm_core.planning.scoring import Scoring
from wm_core.planning.search import Beginning, Found


@dataclass(frozen=True)
class Best:
    """The best so far. actions: (H, A). cost: (1,). row: (1,), of the population of `iteration`, (1,) from 1."""

    actions: Tensor
    cost: Tensor
    row: Tensor
    iteration: Tensor


@dataclass(frozen=True)
class Iteration:
    """drawing, best: after it. scores: of it. noise: what it draws from. again: does it again, in the same memory."""

    drawing: Drawing
    best: Best
    scores: Scores
    noise: HeldNoise
    again: Callable[[], None]


class Recording:
    """Of one kind of plan. Inputs lie in tensors that stay; the iterations hand their results on where they lie."""

    def __init__(self, sampler: SamplingSearch, iterations: int, score: Scoring, begin: Beginning, recorder: Recorder) -> None:
        """Records and does all iterations. Raises `RuntimeError` where something cannot be recorded."""
        device = score.joints.device
        self._sampler, self._score, self._recorder = sampler, score.held(), recorder
        self._begin = _copied(begin, device)
        self._iterations: list[Iteration] = []
        drawing, self._proposals = first_drawing(self._begin)
        best: Best | None = None
        for number in range(1, iterations + 1):
            noise = HeldNoise(device)
            work = self._work(number, number == iterations, drawing, best, noise)
            (drawing, best, scores), again = recorder.record(work)
            again()
            self._iterations.append(Iteration(drawing, best, scores, noise, again))

    def tell(self, score: Scoring, begin: Beginning) -> None:
        """What the next plan starts from and is to reach; of the same kind and shapes."""
        new, held = (*score.inputs, *_parts(begin)), (*self._score.inputs, *_parts(self._begin))
        for to, value in zip(held, new, strict=True):
            to.copy_(value, non_blocking=True)

    def draw(self, number: int, generator: torch.Generator) -> None:
        """The noise of one iteration, from 1; none after the last."""
        if number <= len(self._iterations):
            self._iterations[number - 1].noise.draw(generator)

    def iterate(self, number: int) -> None:
        """Does one iteration, from 1, in their order."""
        self._iterations[number - 1].again()

    def wait(self) -> None:
        """Until all that was begun is done."""
        self._recorder.wait()

    def found(self, number: int) -> Found:
        """After `number` iterations; waits for them. Its tensors are written to again by the next plan."""
        last = self._iterations[number - 1]
        best = last.best
        cost, row, iteration = torch.cat([best.cost, best.row.to(best.cost), best.iteration.to(best.cost)]).tolist()
        scored = tuple(each.scores for each in self._iterations[:number])
        best_scores = scored[int(iteration) - 1]
        seen = tuple(scores.without_latents() for scores in scored)
        return Found(best_scores, int(row), cost, last.drawing.mean, number, seen, last.drawing.elites)

    def _work(
        self, number: int, last: bool, drawing: Drawing, best: Best | None, noise: HeldNoise
    ) -> Callable[[], tuple[Drawing, Best, Scores]]:
        sampler, score = self._sampler, self._score

        def work() -> tuple[Drawing, Best, Scores]:
            noise.rewind()
            known = self._proposals if best is None else [best.actions, *self._proposals]
            scores = score(sampler.draw(drawing, known, number, noise))
            after = _if_any(torch.isfinite(scores.costs).any(), sampler.refitted(drawing, scores), drawing)
            after = after if last else sampler.followed(after, scores, number, noise)
            return after, _better(best, scores, number), scores

        return work


class HeldNoise:
    """`Noise` that stays where it is: the same tensors in every round, filled in between."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._held: list[Tensor] = []
        self._next = 0

    def __call__(self, *shape: int) -> Tensor:
        """The next of this round; made in the first."""
        if self._next == len(self._held):
            self._held.append(torch.randn(shape, device=self._device))
        self._next += 1
        return self._held[self._next - 1]

    def rewind(self) -> None:
        """Before a round."""
        self._next = 0

    def draw(self, generator: torch.Generator) -> None:
        """Anew, in the order in which they were asked for."""
        for held in self._held:
            held.normal_(generator=generator)


def _better(best: Best | None, scores: Scores, number: int) -> Best:
    row = scores.costs.argmin().reshape(1)
    new = Best(scores.candidates.actions[row][0], scores.costs[row], row, torch.full_like(row, number))
    if best is None:
        return new
    lower = new.cost < best.cost
    pairs = [(new.actions, best.actions), (new.cost, best.cost), (new.row, best.row), (new.iteration, best.iteration)]
    return Best(*(torch.where(lower, one, other) for one, other in pairs))


def _if_any(some: Tensor, new: Drawing, old: Drawing) -> Drawing:
    """`new`, or `old` where no cost was finite."""
    mean, std = torch.where(some, new.mean, old.mean), torch.where(some, new.std, old.std)
    # The first iteration may have other elites than those that follow, or none: what it keeps is kept.
    alike = new.elites is not None and old.elites is not None and new.elites.shape == old.elites.shape
    return replace(new, mean=mean, std=std, elites=torch.where(some, new.elites, old.elites) if alike else new.elites)


def _parts(begin: Beginning) -> list[Tensor]:
    guesses = [] if begin.guesses is None else [begin.guesses.samples, *begin.guesses.modes]
    elites = [] if begin.elites is None else [begin.elites]
    return [begin.mean, begin.std, *begin.proposals, *guesses, *elites]


def shapes_of(begin: Beginning) -> tuple[object, ...]:
    """What a recording depends on of it."""
    modes = None if begin.guesses is None else len(begin.guesses.modes)
    return len(begin.proposals), modes, begin.elites is None, tuple(part.shape for part in _parts(begin))


def _copied(begin: Beginning, device: torch.device) -> Beginning:
    def copy(part: Tensor) -> Tensor:
        return part.to(device, copy=True)

    guesses = begin.guesses
    if guesses is not None:
        guesses = Guesses(tuple(map(copy, guesses.modes)), copy(guesses.samples))
    elites = None if begin.elites is None else copy(begin.elites)
    return Beginning(copy(begin.mean), copy(begin.std), tuple(map(copy, begin.proposals)), guesses, elites)
