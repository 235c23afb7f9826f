"""Who goes on in a race, and who certainly need not."""

import pytest

from wm_core.bench.race import Entry, Tally, episode_counts
from wm_core.bench.sweep_rows import EpisodeRow

SMALL, MIDDLE, LARGE = Entry("ours", "small"), Entry("ours", "middle"), Entry("ours", "large")
THEIRS, OTHERS = Entry("theirs", "small"), Entry("theirs", "large")


def found(successes: int, ms: float, episodes: int = 24, distance: float = 0.0) -> list[EpisodeRow]:
    """The first seeds succeed, so that whoever succeeds more often does so wherever the other does. distance: m at the end."""
    shared = dict(task="push", planner="", setting="", horizon=8, distance_m=distance, p50_ms=ms, p95_ms=ms)
    return [EpisodeRow(seed=seed, success=seed < successes, **shared) for seed in range(episodes)]


def test_the_dearer_one_leaves_if_it_is_no_better():
    out = Tally({SMALL: found(20, 1.0), MIDDLE: found(20, 2.0), LARGE: found(21, 4.0)}).leaving(rivals=1)
    assert out == {MIDDLE: "cheaper and no worse: small"}


def test_in_the_first_round_one_rival_is_not_enough():
    tally = Tally({SMALL: found(3, 1.0, 4), MIDDLE: found(3, 2.0, 4), LARGE: found(2, 4.0, 4)})
    assert set(tally.leaving(rivals=1)) == {MIDDLE, LARGE}
    assert set(tally.leaving(rivals=2)) == {LARGE}  # small and middle are both cheaper and better


def test_where_nobody_succeeds_yet_nearness_tells_who_is_better():
    tally = Tally({SMALL: found(0, 1.0, 4, 0.12), MIDDLE: found(0, 2.0, 4, 0.13), LARGE: found(0, 4.0, 4, 0.06)})
    assert set(tally.leaving(rivals=1)) == {MIDDLE} and tally.best() == LARGE


def test_where_all_succeed_nearness_is_worth_nothing():
    tally = Tally({SMALL: found(4, 1.0, 4, 0.02), LARGE: found(4, 4.0, 4, 0.01)})
    assert set(tally.leaving(rivals=1)) == {LARGE} and tally.best() == SMALL


def test_no_more_go_on_than_are_kept_and_these_are_the_best():
    tally = Tally({SMALL: found(1, 1.0, 4), MIDDLE: found(2, 2.0, 4), LARGE: found(3, 4.0, 4), THEIRS: found(1, 1.0, 4)})
    assert tally.leaving(rivals=1) == {}
    assert tally.leaving(rivals=1, keep=2) == {SMALL: "not among the best 2 of its planner"}


def test_rivals_are_settings_of_the_same_planner():
    assert Tally({SMALL: found(20, 1.0), THEIRS: found(20, 9.0)}).leaving(rivals=1) == {}


def test_a_setting_that_certainly_misses_too_often_leaves_however_cheap():
    # 6 of 24 beside 22 of 24: Newcombe's interval of the difference, 67 points, begins far above five.
    out = Tally({SMALL: found(6, 1.0), LARGE: found(22, 9.0)}).leaving(rivals=1)
    assert list(out) == [SMALL] and out[SMALL].endswith("points behind large at least")
    # 19 of 24 is 12 points less: it may well be within five.
    assert Tally({SMALL: found(19, 1.0), LARGE: found(22, 9.0)}).leaving(rivals=1) == {}


def test_a_planner_none_of_whose_settings_comes_near_the_best_leaves_with_all():
    out = Tally({SMALL: found(23, 1.0), THEIRS: found(4, 1.0), OTHERS: found(8, 9.0)}).leaving(rivals=1)
    assert set(out) == {THEIRS, OTHERS}
    assert all(reason.startswith("no setting of its planner comes within five points of ours, small") for reason in out.values())
    # One that may do so keeps its planner in.
    out = Tally({SMALL: found(23, 1.0), THEIRS: found(4, 1.0), OTHERS: found(20, 9.0)}).leaving(rivals=1)
    assert list(out) == [THEIRS]


def test_the_best_never_leaves():
    tally = Tally({SMALL: found(9, 1.0), MIDDLE: found(9, 1.0), LARGE: found(0, 0.1)})
    assert tally.best() == SMALL and SMALL not in tally.leaving(rivals=1)


def test_pairs_count_and_not_rates_alone():
    # Both succeed on 12 of 24. Where the same seeds succeed the difference is known better than where the others do.
    other = [row.model_copy(update={"success": not row.success}) for row in found(12, 1.0)]
    alike = Tally({SMALL: found(12, 1.0), THEIRS: found(12, 1.0)}).behind(SMALL, THEIRS)
    apart = Tally({SMALL: found(12, 1.0), THEIRS: other}).behind(SMALL, THEIRS)
    assert alike[0] == -alike[1] and 0.0 < alike[1] < apart[1]


def test_of_several_tasks_each_counts_alike_in_what_a_plan_takes():
    reach = [row.model_copy(update={"task": "reach", "p50_ms": 3.0}) for row in found(24, 0.0, 8)]
    # Medians of 1 ms and 3 ms; the median of all 32 would be 1 ms.
    assert Tally({SMALL: found(24, 1.0) + reach}).ms == {SMALL: 2.0}


def test_rounds_are_numbers_that_grow():
    assert episode_counts("6,24, 60") == (6, 24, 60)
    for told in ("6,6", "24,6", "0,6", "six", "", "6,,24"):
        with pytest.raises(ValueError, match="expected numbers of episodes that grow"):
            episode_counts(told)
