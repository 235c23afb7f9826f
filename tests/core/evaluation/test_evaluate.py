"""Policies and controls are scored on the same seeds, controls only once, and the report is what was found."""

import json

import pytest

from wm_core.baselines.hold import HoldPolicy
from wm_core.evaluation.conditions import Conditions
from wm_core.evaluation.controls import ControlStore
from wm_core.evaluation.episode import EpisodeResult
from wm_core.evaluation.evaluate import Evaluation
from wm_core.evaluation.report import read_report, summarise


@pytest.fixture
def evaluated(toy):
    """evaluated(seeds, ...) -> an evaluation that is done, of a policy and two controls."""

    def run(seeds, store=None, policies=None, line=None):
        line = toy.Line() if line is None else line
        evaluation = Evaluation(
            Conditions(goal="joints"), policies or [toy.Walk()], [toy.Walk(0.01, "slow"), HoldPolicy()], store or ControlStore()
        )
        for _ in evaluation.run(line, seeds):
            pass
        return evaluation

    return run


def test_policies_and_controls_are_scored_on_the_same_seeds(evaluated):
    # 4 strides of 5 cm end at 0.20 m: within 3 cm of 0.20 + 0.01 seed for seeds 0 to 3 of 0 to 5, not for 4 and 5.
    report = evaluated(range(6)).report("toy")
    assert [episode.seed for episode in report.policies[0].episodes] == list(range(6))
    assert [episode.success for episode in report.policies[0].episodes] == [True] * 4 + [False] * 2
    assert report.policies[0].success_rate == pytest.approx(4 / 6)
    # 4 of 6 by Wilson: (4/6 + 0.320122) / 1.640243 = 0.60161; 1.959964 sqrt(0.0370370 + 0.0266768) / 1.640243 = 0.30162
    assert report.policies[0].wilson95 == pytest.approx((0.29999, 0.90323), abs=1e-4)
    assert [control.policy for control in report.controls] == ["slow", "hold"]
    assert [control.success_rate for control in report.controls] == [0.0, 0.0]
    # Medians of |0.01 seed|: 0, 1, 2, 3, 4, 5 cm.
    assert report.policies[0].median_distance_m == pytest.approx(0.025)


def test_the_worst_episodes_are_failures_first_then_by_distance(evaluated):
    # All six: 5 and 4 fail, then 3, 2, 1 cm; seed 0 is the sixth and left out.
    assert [episode.result.seed for episode in evaluated(range(6)).worst] == [5, 4, 3, 2, 1]


def test_nothing_done_is_nothing_to_report(evaluated):
    with pytest.raises(ValueError, match="nothing to report"):
        evaluated(range(0)).report("toy")


def test_an_interrupted_seed_counts_for_nobody(toy):
    class Interrupted(HoldPolicy):
        def start(self, seed):
            super().start(seed)
            if seed == 2:
                raise KeyboardInterrupt

    evaluation = Evaluation(Conditions(goal="joints"), [toy.Walk()], [Interrupted()], ControlStore())
    with pytest.raises(KeyboardInterrupt):
        for _ in evaluation.run(toy.Line(), range(5)):
            pass
    report = evaluation.report("toy")
    assert len(report.policies[0].episodes) == len(report.controls[0].episodes) == 2


def test_a_control_among_the_policies_is_run_once(toy, evaluated):
    line = toy.Line()
    evaluation = evaluated(range(1), policies=[toy.Walk(), HoldPolicy()], line=line)
    report = evaluation.report("toy")
    assert [one.policy for one in report.policies] == ["walk", "hold"] and [one.policy for one in report.controls] == ["slow"]
    assert len(line.resets) == 3


def test_two_policies_of_one_name_are_refused(toy):
    with pytest.raises(ValueError, match="different names"):
        Evaluation(Conditions(), [toy.Walk(), toy.Walk()], [], ControlStore())


def test_controls_on_file_are_not_run_again(toy, evaluated, tmp_path):
    path = tmp_path / "controls.json"
    store = ControlStore(path)
    first = evaluated(range(3), store).report("toy")
    store.save()
    line = toy.Line()
    again = evaluated(range(4), ControlStore(path), line=line).report("toy")
    # Seeds 0 to 2 are reset for the policy alone, seed 3 for the policy and both controls.
    assert line.resets == [0, 1, 2, 3, 3, 3]
    assert again.controls[0].episodes[:3] == first.controls[0].episodes


def test_controls_of_other_conditions_are_not_taken(evaluated, tmp_path):
    store = ControlStore(tmp_path / "controls.json")
    evaluated(range(1), store)
    assert store.get(Conditions(goal="joints"), "hold", 0) is not None
    assert store.get(Conditions(goal="pose"), "hold", 0) is None


def test_controls_of_another_simulator_are_refused(evaluated, tmp_path):
    store = ControlStore(tmp_path / "controls.json")
    evaluated(range(1), store)
    stale = store.get(Conditions(goal="joints"), "hold", 0).model_copy(update={"start_distance_m": 0.21})
    store.put(Conditions(goal="joints"), "hold", stale)
    with pytest.raises(ValueError, match="seed 0 started 0.2100 m .* 0.2000 m here; remove the file"):
        evaluated(range(1), store)


def test_the_report_is_read_back_as_it_was_written(evaluated, tmp_path):
    report = evaluated(range(2)).report("toy")
    path = tmp_path / "report.json"
    path.write_text(report.model_dump_json())
    assert read_report(path) == report
    written = json.loads(path.read_text())
    assert written["conditions"]["task"] == "reach" and written["policies"][0]["episodes"][1]["seed"] == 1
    path.write_text('{"policies": []}')
    with pytest.raises(ValueError, match="no report of `wm eval`"):
        read_report(path)


def test_times_of_plans_are_pooled_over_episodes():
    from wm_core.evaluation.account import Account

    def result(seed, times):
        account = Account(plan_ms=times)
        return EpisodeResult(seed=seed, success=True, distance_m=0.0, start_distance_m=0.1, steps=2, account=account)

    found = summarise("toy", [result(0, (10.0, 20.0)), result(1, (30.0,))])
    assert found.plan_ms_p50 == 20.0 and found.plan_ms_p95 == pytest.approx(29.0)  # 20 + 0.9 * 10
