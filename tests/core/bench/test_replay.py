"""Planners are timed in the same recorded episodes, and what won a race is what is timed."""

import pytest

from wm_core.bench import winners as winning
from wm_core.bench.entrants import Entrants
from wm_core.bench.race import Entry
from wm_core.bench.replay import record, replay
from wm_core.bench.sweep_rows import EpisodeRow
from wm_core.bench.winners import time_winners

SMALL, LARGE = Entry("ours", "8x1 warm"), Entry("ours", "16x2 warm")


@pytest.fixture
def entrants(folder):
    return Entrants(folder, ["ours"], [SMALL.setting, LARGE.setting])


def test_all_plan_at_every_moment_of_an_episode(entrants, scene):
    recording = record(scene, entrants.policy(SMALL), 3, entrants.step)
    assert len(recording.seen) == 2 and recording.goal is scene.last_goal  # a stage of two steps
    seen: list[tuple[str, float, int]] = []

    class Watched:
        def __init__(self, name: str) -> None:
            self.name = name

        def start(self, seed: int) -> None:
            self.plan_ms = []

        def pursue(self, goal) -> None:
            assert goal is recording.goal

        def act(self, observation):
            self.plan_ms.append(float(len(self.plan_ms)))
            seen.append((self.name, observation.stamp))

    times = replay([recording, recording], [Watched("a"), Watched("b")])
    assert times == [[0.0, 1.0, 0.0, 1.0]] * 2  # each episode is begun anew, and the warm-up is not among them
    first, second = (observation.stamp for observation in recording.seen)
    once = [("a", first), ("b", first), ("b", second), ("a", second)]
    assert seen == [("a", first), ("b", first), *once, *once]


def test_winners_are_timed_and_no_others(entrants, scene, monkeypatch):
    monkeypatch.setattr(winning, "make_environment", lambda name, **options: scene)
    told = dict(task="reach", planner="ours", horizon=3, distance_m=0.0, p95_ms=1.0)
    # Both always succeed: the cheaper one is enough.
    rows = [EpisodeRow(setting=SMALL.setting, seed=seed, success=True, p50_ms=1.0, **told) for seed in range(4)]
    rows += [EpisodeRow(setting=LARGE.setting, seed=seed, success=True, p50_ms=2.0, **told) for seed in range(4)]
    found, explained = time_winners(rows, {"reach": entrants}, "bench", 0, 2)
    assert (found.planner, found.setting, found.equal, found.plans, found.ratio) == ("ours", SMALL.setting, True, 4, 1.0)
    assert 0.0 < found.p50_ms <= found.p95_ms
    # The same plans once more, with what is said of them.
    assert (explained.planner, explained.setting) == ("ours, explained", SMALL.setting)
    assert explained.ratio == pytest.approx(explained.p50_ms / found.p50_ms, abs=1e-3)


def test_winners_of_all_tasks_together_take_the_mean_of_theirs(entrants, scene, monkeypatch):
    monkeypatch.setattr(winning, "make_environment", lambda name, **options: scene)
    # Whatever is replayed takes 1 ms a plan in the first task and 3 ms in the second.
    taken = iter([1.0, 3.0])
    monkeypatch.setattr(winning, "replay", lambda recordings, policies: [[ms] * 4 for ms in [next(taken)] for _ in policies])
    told = dict(planner="ours", horizon=3, distance_m=0.0, p95_ms=1.0)
    # The small one reaches and does not push: each task has its own winner, and for both it is the large one.
    good = {("reach", SMALL), ("reach", LARGE), ("push", LARGE)}
    rows = [
        EpisodeRow(task=task, setting=entry.setting, seed=seed, success=(task, entry) in good, p50_ms=ms, **told)
        for task in ("reach", "push")
        for entry, ms in ((SMALL, 1.0), (LARGE, 2.0))
        for seed in range(4)
    ]
    found = list(time_winners(rows, {"reach": entrants, "push": entrants}, "bench", 0, 2))
    assert [(row.task, row.setting, row.p50_ms) for row in found if row.planner == "ours"] == [
        ("reach", SMALL.setting, 1.0), ("push", LARGE.setting, 3.0), ("reach and push", LARGE.setting, 2.0)
    ]  # fmt: skip
    assert found[-1].planner == "ours, explained" and found[-1].plans == 8 and found[-1].ratio == 1.0
