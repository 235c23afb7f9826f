"""What the figures of a benchmark say."""

import pytest

from wm_core.bench.budget import STANDARD, Budget
from wm_core.bench.report import ScalingRow, fit_line, percentiles


def row(evaluations: int, time: float, varied: str = "samples") -> ScalingRow:
    return ScalingRow(varied=varied, budget="", latent=8, evaluations=evaluations, p50_ms=time)


def test_the_budgets_are_written_samples_horizon_iterations():
    assert [str(budget) for budget in STANDARD] == ["64x5x3", "128x5x5", "256x10x5", "512x3x6"]
    assert Budget(64, 5, 3).evaluations == 960


def test_a_line_is_found_again():
    # 2 ms and 3 us an evaluation
    fit = fit_line([row(work, 2.0 + 0.003 * work) for work in (1000, 2000, 8000)] + [row(1000, 99.0, "horizon")], "samples")
    assert (fit.a_ms, fit.b_us, fit.r2) == pytest.approx((2.0, 3.0, 1.0))
    assert "time = 2.00 ms + 3.000 us x evaluations, R^2 = 1.0000" in str(fit)


def test_a_curve_is_no_line():
    assert fit_line([row(work, (work / 1000) ** 3) for work in (1000, 2000, 4000, 8000)], "samples").r2 < 0.95


def test_two_points_are_no_fit():
    with pytest.raises(ValueError, match="2 rows vary samples"):
        fit_line([row(1, 1.0), row(2, 2.0)], "samples")


def test_percentiles():
    # 101 values from 0 to 100: a hundredth of the way is one value
    assert percentiles([float(value) for value in range(101)]) == (50.0, 95.0)
