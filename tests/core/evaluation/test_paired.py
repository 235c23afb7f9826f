"""Two policies on the same seeds."""

import pytest

from wm_core.evaluation.episode import EpisodeResult
from wm_core.evaluation.paired import compare, newcombe95


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        # Newcombe (1998), table II, method 10: 50 pairs, 36 both, 12 and 2 alone: 0.20, 0.0569 to 0.3404.
        ((36, 12, 2, 0), 0.0569, 0.3404),
        # Fagerland, Lydersen and Laake (2014), table of Bentur et al.: -0.286, -0.507 to -0.026.
        ((1, 1, 7, 12), -0.507, -0.026),
    ],
)
def test_the_interval_is_the_published_one(counts, low, high):
    assert newcombe95(*counts) == pytest.approx((low, high), abs=5e-4)


def test_a_proportion_of_one_has_no_correlation_to_correct_for():
    # 10 of 10 against 0 of 10: the Wilson intervals are (0.72246, 1) and (0, 0.27754), so that the lower end is
    # 1 - sqrt(0.27754^2 + 0.27754^2) = 1 - 0.39250; the upper end is 1.
    assert newcombe95(0, 10, 0, 0) == pytest.approx((0.60750, 1.0), abs=1e-4)


def results(successes, first=0, start=0.1):
    return [
        EpisodeResult(seed=first + i, success=bool(ok), distance_m=0.0, start_distance_m=start, steps=1)
        for i, ok in enumerate(successes)
    ]


def test_only_common_seeds_count():
    # Seeds 2 to 5 are common: ours 1 1 0 1, theirs 0 1 1 0; two alone against one, of four.
    found = compare("us", results([0, 0, 1, 1, 0, 1]), "them", results([0, 1, 1, 0, 1, 1], first=2))
    assert (found.seeds, found.only_first, found.only_second) == (4, 2, 1)
    assert found.difference == pytest.approx(0.25)
    # The pairs: both on seed 3, us alone on 2 and 5, them alone on 4, neither nowhere.
    assert found.interval95 == newcombe95(1, 2, 1, 0)
    assert found.interval95[0] < 0.25 < found.interval95[1]


def test_what_is_not_comparable_is_refused():
    with pytest.raises(ValueError, match="no seed in common"):
        compare("us", results([1]), "them", results([1], first=5))
    with pytest.raises(ValueError, match="seed 0 is not the same scene for both: it started 0.1000 m .* 0.2000 m"):
        compare("us", results([1]), "them", results([1], start=0.2))
