"""The kernel that ends an iteration, compiled for the CPU: it finds what tensors find."""

from dataclasses import replace

import pytest
import torch

from wm_core.config import PlannerConfig
from wm_core.planning.cem import CrossEntropySearch
from wm_core.planning.closing import TensorClosing
from wm_core.planning.evaluator import Scores
from wm_core.planning.refit_kernel import RefitKernel
from wm_core.planning.sampling import Drawing
from wm_core.protocols import Candidates

SAMPLES, HORIZON, TERMS = 100, 5, 3


@pytest.fixture
def closings(refit_launch_on_cpu):
    """That of tensors, and the kernel's."""
    config = PlannerConfig(samples=SAMPLES, elites=0.13, min_std=0.5)
    sampler = CrossEntropySearch(config, waits=False)
    return TensorClosing(sampler), RefitKernel(refit_launch_on_cpu(SAMPLES), SAMPLES, sampler.elites, config.min_std)


def scored(draw, gripper=True):
    shape = SAMPLES, HORIZON
    candidates = Candidates(draw(*shape, 4), draw(*shape, 7), draw(*shape, 3), draw(*shape, 3), draw(*shape, 3, 3), draw(7))
    if gripper:
        candidates = replace(candidates, gripper=draw(*shape).sign())
    return Scores(candidates, draw(SAMPLES).abs(), draw(TERMS, SAMPLES), ("a", "b", "c"))


def same(closings, drawing, scores, bests, iteration):
    one, other = (closing(drawing, scores, best, iteration) for closing, best in zip(closings, bests))
    for part in ("mean", "std"):
        torch.testing.assert_close(getattr(one.drawing, part), getattr(other.drawing, part), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(one.told, other.told, rtol=1e-5, atol=1e-6, equal_nan=True)
    torch.testing.assert_close(one.best, other.best, rtol=0.0, atol=0.0, equal_nan=True)
    assert one.drawing.guided is other.drawing.guided
    return one.best, other.best


@pytest.mark.parametrize("gripper", [True, False])
def test_it_ends_an_iteration_as_tensors_do(closings, draw, gripper):
    drawing, bests, rows = Drawing(draw(HORIZON, 4), draw(HORIZON, 4).abs(), guided=draw(3, HORIZON, 4)), (None, None), set()
    for iteration in range(1, 6):
        bests = same(closings, drawing, scored(draw, gripper), bests, iteration)
        rows.add(tuple(bests[0][1:3].tolist()))
    assert 1 < len(rows) < 5, "the best is a newer one at times, and at times an older one"


@pytest.mark.parametrize("finite", [0, 1, 4])
def test_costs_that_are_none_count_for_nothing(closings, draw, finite):
    drawing, scores = Drawing(draw(HORIZON, 4), 0.6 + draw(HORIZON, 4).abs()), scored(draw)
    scores.costs[: SAMPLES - finite] = torch.inf
    scores.candidates.actions[0] = torch.nan
    closed = closings[1](drawing, scores, None, 1)
    same(closings, drawing, scores, (None, None), 1)
    if finite == 0:
        assert torch.equal(closed.drawing.mean, drawing.mean) and torch.equal(closed.drawing.std, drawing.std)
    else:
        assert torch.isfinite(closed.drawing.mean).all() and closed.best[0] < torch.inf


def test_equal_costs_are_decided_by_the_row(closings, draw):
    scores = scored(draw)
    scores.costs.fill_(1.0)
    assert closings[1](Drawing(draw(HORIZON, 4), draw(HORIZON, 4)), scores, None, 1).best[:3].tolist() == [1.0, 0.0, 1.0]
