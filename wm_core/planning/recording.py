"""All iterations of a sampling search as a device does them by itself, recorded once and then done again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from wm_core.cuda import Recorder
from wm_core.planning.closing import BEFORE, Closed, Closing
from wm_core.planning.evaluator import Scores
from wm_core.planning.prior import Guesses
from wm_core.planning.sampling import Drawing, SamplingSearch, first_drawing
from wm_core.planning.scoring import Scoring
from wm_core.planning.search import Beginning, Chosen, Found


@dataclass(frozen=True)
class Iteration:
    """closed: after it. scores: of it. noise: what it draws from. again: does it again, in the same memory."""

    closed: Closed
    scores: Scores
    noise: HeldNoise
    again: Callable[[], None]


class Recording:
    """Of one kind of plan. Inputs lie in tensors that stay; the iterations hand their results on where they lie."""

    def __init__(
        self, sampler: SamplingSearch, closing: Closing, iterations: int, score: Scoring, begin: Beginning, recorder: Recorder
    ) -> None:
        """Records and does all iterations. Raises `RuntimeError` where something cannot be recorded."""
        device = score.joints.device
        self._sampler, self._closing, self._score, self._recorder = sampler, closing, score.held(), recorder
        self._begin = _copied(begin, device)
        self._iterations: list[Iteration] = []
        drawing, self._proposals = first_drawing(self._begin)
        best: Tensor | None = None
        for number in range(1, iterations + 1):
            noise = HeldNoise(device)
            work = self._work(number, number == iterations, drawing, best, noise)
            (closed, scores), again = recorder.record(work)
            again()
            self._iterations.append(Iteration(closed, scores, noise, again))
            drawing, best = closed.drawing, closed.best
        self._scored = tuple(each.scores.without_latents() for each in self._iterations)

    def tell(self, score: Scoring, begin: Beginning) -> None:
        """What the next plan starts from and is to reach; of the same kind and shapes."""
        new, held = (*score.inputs, *_parts(begin)), (*self._score.inputs, *_parts(self._begin))
        torch._foreach_copy_(list(held), list(new))

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
        """After `number` iterations; waits for them. Its scores are written to again by the next plan."""
        last = self._iterations[number - 1]
        drawing, one = last.closed.drawing, Chosen.of(last.scores, 0)
        shapes = [drawing.mean.shape, *(part.shape for part in one.parts), drawing.mean.shape]
        told = last.closed.told.cpu()
        cost, row, iteration = told[:BEFORE].tolist()
        _, *parts, mean, elites = _parted(told[BEFORE:], shapes)
        chosen = Chosen(*parts[:3], None if one.gripper is None else parts[3], parts[-1])
        elites = None if drawing.elites is None else elites.view(drawing.elites.shape)
        best = self._iterations[int(iteration) - 1].scores
        return Found(best, int(row), cost, mean, number, self._scored[:number], elites, chosen)

    def _work(
        self, number: int, last: bool, drawing: Drawing, best: Tensor | None, noise: HeldNoise
    ) -> Callable[[], tuple[Closed, Scores]]:
        sampler, score = self._sampler, self._score

        def work() -> tuple[Closed, Scores]:
            noise.rewind()
            known = self._proposals if best is None else [_actions(best, drawing.mean), *self._proposals]
            scores = score(sampler.draw(drawing, known, number, noise))
            closed = self._closing(drawing, scores, best, number)
            if last:
                return closed, scores
            return replace(closed, drawing=sampler.followed(closed.drawing, scores, number, noise)), scores

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


def _actions(best: Tensor, like: Tensor) -> Tensor:
    """-> (H, A) of the best"""
    return best[BEFORE : BEFORE + like.numel()].view_as(like)


def _parted(numbers: Tensor, shapes: list[torch.Size]) -> list[Tensor]:
    """Tensors of these shapes, in their order, and what is left."""
    sizes = [shape.numel() for shape in shapes]
    *parts, rest = numbers.split([*sizes, len(numbers) - sum(sizes)])
    return [*(part.view(shape) for part, shape in zip(parts, shapes)), rest]


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
