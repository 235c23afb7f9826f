"""A mean carried over in time."""

import numpy as np
import pytest

from wm_core.planning.warm_start import carry_over, cut, shift_in_time
from wm_core.types import PlannerState

MEAN = np.array([[1.0], [3.0], [5.0]])


def test_a_whole_step_later():
    assert shift_in_time(MEAN, 1.0).ravel() == pytest.approx([3.0, 5.0, 5.0])


def test_a_quarter_of_a_step_later():
    # each new step covers 3/4 of one old step and 1/4 of the next: 0.75 + 0.75, 2.25 + 1.25, 5
    assert shift_in_time(MEAN, 0.25).ravel() == pytest.approx([1.5, 3.5, 5.0])


def test_at_once_it_is_unchanged():
    assert shift_in_time(MEAN, 0.0) == pytest.approx(MEAN)


@pytest.mark.parametrize("steps", [3.0, 100.0, -0.1, float("nan")])
def test_nothing_is_left(steps):
    assert shift_in_time(MEAN, steps) is None


def test_elites_are_carried_over_with_the_mean():
    # Made at 3.0 s with steps of 0.2 s; at 3.2 s one step is over.
    rows = np.arange(12.0).reshape(2, 3, 2)
    state = PlannerState(7, rows[0], 3.0, "image", rows)
    later = carry_over(state, 3.2, 0.2)
    assert later.mean == pytest.approx(rows[0][[1, 2, 2]]) and later.elites == pytest.approx(rows[:, [1, 2, 2]])
    assert (later.seed, later.stamp, later.kind) == (7, 3.2, "image")
    assert carry_over(state, 3.7, 0.2) is None  # all three steps are over
    assert carry_over(PlannerState(7), 3.2, 0.2) is None
    assert carry_over(PlannerState(7, rows[0], 3.0), 3.2, 0.2).elites is None


def test_cut_to_a_shorter_horizon():
    rows = np.arange(12.0).reshape(2, 3, 2)
    state = PlannerState(7, rows[0], 3.0, "image", rows)
    shorter = cut(state, 2)
    assert shorter.mean == pytest.approx(rows[0][:2]) and shorter.elites == pytest.approx(rows[:, :2])
    assert (shorter.seed, shorter.stamp, shorter.kind) == (7, 3.0, "image")
    assert cut(state, 0).mean is None and cut(state, 0).elites is None
    assert cut(state, 5) is state and cut(PlannerState(7), 2).mean is None
