"""Which setting a planner needs, out of the rows of a race."""

from wm_core.bench.findings import as_good_as_any, as_good_as_its_own, by_task, findings, together
from wm_core.bench.race import Entry
from wm_core.bench.sweep_rows import EpisodeRow


def rows(planner: str, setting: str, successes: int, ms: float, episodes: int = 20, task: str = "push") -> list[EpisodeRow]:
    """The first seeds succeed."""
    told = dict(task=task, planner=planner, setting=setting, horizon=8, distance_m=0.0, p50_ms=ms, p95_ms=ms)
    return [EpisodeRow(seed=seed, success=seed < successes, **told) for seed in range(episodes)]


def test_each_planner_is_taken_at_its_cheapest_within_five_points_of_the_best():
    # The best is 18 of 20, 90 %: 17 of 20 is five points below and counts, 16 of 20 does not.
    found = by_task(
        rows("ours", "small", 16, 1.0) + rows("ours", "middle", 17, 2.0) + rows("ours", "large", 18, 4.0)
        + rows("theirs", "small", 10, 8.0) + rows("theirs", "large", 17, 16.0)
    )["push"]
    assert as_good_as_any(found, "ours") == ("ours", "middle")
    assert as_good_as_any(found, "theirs") == ("theirs", "large")


def test_who_never_gets_there_is_told_so_and_what_is_as_good_as_its_own_best():
    found = rows("ours", "small", 20, 1.0) + rows("theirs", "small", 9, 1.0) + rows("theirs", "large", 10, 8.0)
    assert as_good_as_any(by_task(found)["push"], "theirs") is None
    said = findings(found)
    assert said[0] == "push: the best of all is ours, small, 20 of 20, 100.0 % (83.9 to 100.0)"
    assert said[1] == "  ours: small, 20 of 20, 100.0 % (83.9 to 100.0)"
    assert said[2].startswith("  theirs: no setting within five points: at most large, 10 of 20, 50.0 % (29.9 to 70.1), which is ")
    assert said[2].endswith("points behind ours, small on the 20 episodes that both have")
    assert said[3] == "    within five points of its own best: small, 9 of 20, 45.0 % (25.8 to 65.8)"


def test_who_left_early_is_compared_on_the_seeds_that_both_have():
    # Theirs left after ten seeds, of which it did eight; ours did all of these.
    found = rows("ours", "small", 19, 1.0) + rows("theirs", "small", 8, 1.0, episodes=10)
    said = findings(found)
    # Two of ten less: it may be chance, and is not called more than that.
    assert said[2].startswith("  theirs: no setting within five points so far, but there may be one: at most small, 8 of 10, 80.0 %")
    assert said[2].endswith("on the 10 episodes that both have")
    # A setting that left early is no finalist, whatever it did until then.
    found = by_task(found + rows("ours", "tiny", 2, 0.1, episodes=2))["push"]
    assert as_good_as_any(found, "ours") == as_good_as_its_own(found, "ours") == Entry("ours", "small")


def test_several_tasks_together_are_judged_by_the_successes_in_all():
    # Push needs the middle one and reach no more than the small one: together they are 37, 39 and 40 of 40, two less at most.
    found = rows("ours", "small", 17, 1.0) + rows("ours", "middle", 19, 2.0) + rows("ours", "large", 20, 4.0)
    found += [row for setting, ms in (("small", 1.0), ("middle", 2.0), ("large", 4.0)) for row in rows("ours", setting, 20, ms, task="reach")]
    whole = together(found)
    assert as_good_as_any(by_task(found)["reach"], "ours") == Entry("ours", "small")
    assert as_good_as_any(whole, "ours") == Entry("ours", "middle")  # 37 is 7.5 points below 40
    # 39 of 40 by Wilson: (0.975 + 0.048018) / 1.096036 = 0.93338; 1.959964 sqrt(0.00060938 + 0.00060023) / 1.096036 = 0.06219
    assert findings(found)[-2:] == [
        "push and reach: the best of all is ours, large, 40 of 40, 100.0 % (91.2 to 100.0)",
        "  ours: middle, 39 of 40, 97.5 % (87.1 to 99.6)",
    ]


def test_together_counts_a_seed_that_a_setting_has_in_every_task_and_no_other():
    found = rows("ours", "small", 20, 1.0) + rows("ours", "small", 4, 1.0, episodes=6, task="reach") + rows("theirs", "small", 20, 1.0)
    whole = together(found)
    assert list(whole) == [Entry("ours", "small")]
    assert set(whole["ours", "small"]) == {(task, seed) for task in ("push", "reach") for seed in range(6)}
    assert findings(rows("ours", "small", 9, 1.0) + rows("theirs", "small", 9, 1.0, task="reach"))[-1] == (
        "push and reach: no setting has driven an episode of each with the same seed"
    )


def test_without_rows_nothing_is_found():
    assert findings([]) == ["no episode is done"]
