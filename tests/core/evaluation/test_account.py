"""Predicted against realised cost."""

import pytest

from wm_core.evaluation.account import Account, correlation, foresight


def test_correlation_by_hand():
    # Deviations (-1, 0, 1) and (-1, 1, 0): products sum to 1, squares to 2 and 2; r = 1 / 2.
    assert correlation((1.0, 2.0, 3.0), (1.0, 3.0, 2.0)) == pytest.approx(0.5)
    assert correlation((1.0, 2.0), (1.0, 2.0)) is None and correlation((1.0, 1.0, 1.0), (1.0, 2.0, 3.0)) is None


def test_gaps_say_how_much_less_was_promised_than_came():
    accounts = [
        Account(plan_ms=(), next_predicted=(0.10, 0.08), next_realised=(0.11, 0.10), end_predicted=0.0, end_realised=0.04),
        Account(plan_ms=(), next_predicted=(0.20,), next_realised=(0.23,), end_predicted=0.02, end_realised=0.04),
    ]
    found = foresight(accounts, [0.05, 0.05])
    assert found.next_gap == pytest.approx((0.01 + 0.02 + 0.03) / 3)
    assert found.end_gap == pytest.approx((0.04 + 0.02) / 2)
    assert found.end_correlation is None  # two episodes are no correlation


def test_an_episode_without_an_end_leaves_the_pairs_of_steps():
    found = foresight([Account(plan_ms=(), next_predicted=(0.1, 0.2, 0.4), next_realised=(0.2, 0.3, 0.5))], [0.1])
    assert found.next_correlation == pytest.approx(1.0) and found.next_gap == pytest.approx(0.1)
    assert found.end_gap is None and found.end_to_truth is None


def test_without_pictures_there_is_nothing_to_compare():
    assert foresight([Account(plan_ms=(20.0,))], [0.1]) is None
