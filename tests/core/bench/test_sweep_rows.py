"""Which setting a planner needs, out of the rows of a sweep."""

from wm_core.bench.sweep_rows import EpisodeRow, cheapest, read_rows


def rows(planner: str, setting: str, successes: int, time: float, episodes: int = 20) -> list[EpisodeRow]:
    shared = dict(task="reach", planner=planner, setting=setting, horizon=8, distance_m=0.0, p50_ms=time, p95_ms=time)
    return [EpisodeRow(seed=seed, success=seed < successes, **shared) for seed in range(episodes)]


def test_each_planner_is_taken_at_its_cheapest_within_five_points_of_the_best():
    # The best is 18 of 20, 90 %: 17 of 20 is five points below and counts, 16 of 20 does not.
    found = cheapest(
        rows("ours", "small", 16, 1.0) + rows("ours", "middle", 17, 2.0) + rows("ours", "large", 18, 4.0)
        + rows("theirs", "small", 10, 8.0) + rows("theirs", "large", 17, 16.0)
    )
    assert found[0] == "20 episodes that all have; the best success is 90.0 %"
    assert found[1].startswith("ours: middle in 2.0 ms, 85.0 %")
    assert found[2].startswith("theirs: large in 16.0 ms, 85.0 %")


def test_a_planner_that_never_gets_there_is_told_so():
    found = cheapest(rows("ours", "small", 20, 1.0) + rows("theirs", "small", 5, 1.0))
    assert found[2] == "theirs: no setting within five points, at most 25.0 %"


def test_only_episodes_that_all_have_are_compared():
    # Of ours 20 are done, of theirs the first 10, which both master.
    found = cheapest(rows("ours", "small", 10, 1.0) + rows("theirs", "small", 10, 2.0, episodes=10))
    assert found[0] == "10 episodes that all have; the best success is 100.0 %"


def test_a_line_that_was_cut_off_is_not_read(tmp_path):
    path = tmp_path / "rows.jsonl"
    assert read_rows(path) == [] and cheapest([]) == ["no episode is done"]
    first, second = (row.model_dump_json() for row in rows("ours", "small", 2, 1.0, episodes=2))
    path.write_text(f"{first}\n{second[:30]}")
    assert [row.seed for row in read_rows(path)] == [0]
