"""The interval of a success rate, by hand."""

import pytest

from wm_core.evaluation.wilson import wilson95


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # z = 1.959964, z^2 = 3.841459. 0 of 10: centre 1.9207 / 13.8415 = 0.13877, margin the same.
        (0, 10, 0.0, 0.27754),
        # 95 of 100: (0.95 + 0.019207) / 1.0384146 = 0.93335; z sqrt(0.000475 + 0.000096) / 1.0384146 = 0.04511
        (95, 100, 0.88825, 0.97846),
        (10, 10, 0.72246, 1.0),
    ],
)
def test_wilson_by_hand(successes, trials, low, high):
    assert wilson95(successes, trials) == pytest.approx((low, high), abs=1e-4)


def test_wilson_refuses_what_cannot_be():
    with pytest.raises(ValueError, match="5 successes of 4 trials"):
        wilson95(5, 4)
