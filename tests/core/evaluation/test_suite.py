"""The table of the brittle cases."""

import csv

import pytest

from wm_core.evaluation.conditions import Conditions
from wm_core.evaluation.episode import EpisodeResult
from wm_core.evaluation.report import EvaluationReport, summarise
from wm_core.evaluation.suite import suite_conditions, suite_report, write_table


def report(perturb, successes, failures, safe=0, false=0, gated=True):
    """`safe` of the failures and `false` of the successes were stopped."""
    kinds = [(True, i < false) for i in range(successes)] + [(False, i < safe) for i in range(failures)]
    episodes = [
        EpisodeResult(
            seed=seed, success=success, distance_m=0.0, start_distance_m=0.1, steps=1, stopped="seen" if stopped else None
        )
        for seed, (success, stopped) in enumerate(kinds)
    ]
    policies = (summarise("planner", episodes, "watch" if gated else None),)
    return EvaluationReport(model="toy", conditions=Conditions(task="push", perturb=perturb), policies=policies, controls=())


def rows(*reports):
    return suite_report("brittle", reports).rows


def test_the_suite_is_clean_first_and_every_case_at_every_strength():
    cases = suite_conditions("brittle", Conditions(task="push"))
    assert len(cases) == 1 + 5 * 3 and cases[0].perturb is None
    assert [case.perturb for case in cases[1:4]] == [f"{cases[1].perturb.split('=')[0]}={s}" for s in ("low", "medium", "high")]
    assert {case.task for case in cases} == {"push"}
    with pytest.raises(ValueError, match="suite 'easy' is not known"):
        suite_conditions("easy", Conditions())
    with pytest.raises(ValueError, match="leave out --perturb"):
        suite_conditions("brittle", Conditions(perturb="glare=low"))


def test_ten_points_below_clean_hold_and_eleven_do_not():
    clean, near, far = rows(report(None, 95, 5), report("glare=low", 85, 15), report("glare=high", 84, 16))
    assert clean.holds is None and clean.points == 0.0
    assert near.holds and near.points == pytest.approx(-10.0)
    assert not far.holds and far.points == pytest.approx(-11.0)


def test_safe_stops_hold_where_clean_runs_hardly_stop():
    # 40 failures: 38 safe stops are 95 %, 37 are 92.5 %.
    quiet = report(None, 98, 2, safe=0, false=2)
    assert [row.holds for row in rows(quiet, report("a=low", 60, 40, safe=38), report("b=low", 60, 40, safe=37))] == [None, True, False]
    # 3 stops of 100 clean runs are too many, whether they were right or not.
    loud = report(None, 98, 2, safe=1, false=2)
    assert not rows(loud, report("a=low", 60, 40, safe=40))[1].holds


def test_shares_of_stops():
    clean, hard = rows(report(None, 10, 0, false=1), report("a=low", 5, 5, safe=4, false=1))
    assert (clean.stop_share, clean.safe_share) == (0.1, None)
    assert (hard.stop_share, hard.safe_share) == (0.5, 0.8)
    without = rows(report(None, 9, 1, gated=False), report("a=low", 5, 5, gated=False))[1]
    assert without.stop_share is None and without.safe_share is None and not without.holds


def test_the_clean_case_comes_first():
    with pytest.raises(ValueError, match="clean case first"):
        suite_report("brittle", [report("a=low", 1, 0)])
    with pytest.raises(ValueError, match="clean case first"):
        suite_report("brittle", [])


def test_the_table_is_a_csv(tmp_path):
    path = tmp_path / "sub" / "table.csv"
    write_table(path, suite_report("brittle", [report(None, 10, 0), report("glare=low", 5, 5, safe=5)]))
    with open(path, newline="") as file:
        read = list(csv.DictReader(file))
    assert [row["perturb"] for row in read] == ["", "glare=low"]
    assert read[1]["success_rate"] == "0.5" and read[1]["safe_share"] == "1.0" and float(read[1]["wilson95_low"]) == pytest.approx(0.2366, abs=1e-3)
