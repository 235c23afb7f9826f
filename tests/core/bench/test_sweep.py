"""A race does what is due once, however often it is stopped."""

import pytest

from wm_core.bench import entrants as entering
from wm_core.bench import sweep as sweeping
from wm_core.bench.budget import Budget
from wm_core.bench.entrants import Entrants
from wm_core.bench.setting import Setting, sweep_settings
from wm_core.bench.sweep import Sweep
from wm_core.bench.sweep_rows import EpisodeRow, read_rows

SETTINGS = [Setting(Budget(8, 3, 1), True), Setting(Budget(8, 3, 2), False), Setting(Budget(8, 3, 3), False)]


@pytest.fixture
def make(folder, scene, tmp_path, monkeypatch):
    monkeypatch.setattr(sweeping, "make_environment", lambda name, **options: scene)
    monkeypatch.setattr(entering, "sweep_settings", lambda horizon, names: SETTINGS)
    entrants = {"reach": Entrants(folder, ["ours"]), "push": Entrants(folder, ["ours"])}
    return lambda *rounds: Sweep(tmp_path / "rows.jsonl", entrants, "bench", 7, rounds)


def test_one_round_is_everything_once(make, tmp_path):
    said = list(make(2).run())
    assert len([line for line in said if " ms" in line]) == 12  # 2 tasks x 2 seeds x 3 settings
    rows = read_rows(tmp_path / "rows.jsonl")
    assert len({row.key for row in rows}) == 12 and all(row.success and row.p50_ms > 0.0 for row in rows)
    assert {row.setting for row in rows} == {"8x1 warm", "8x2 cold", "8x3 cold"}
    assert {row.horizon for row in rows} == {3} and {row.seed for row in rows} == {7, 8}


def test_who_left_is_not_driven_any_more(make, tmp_path):
    # All succeed. After a seed two rivals are needed, and the dearest of three alone has them; after two seeds one is.
    list(make(1, 2, 3).run())
    rows = [row for row in read_rows(tmp_path / "rows.jsonl") if row.task == "push"]
    assert sorted(sum(row.setting == setting for row in rows) for setting in {row.setting for row in rows}) == [1, 2, 3]


def test_more_rounds_go_on_from_those_that_were_done(make, tmp_path):
    list(make(1, 2).run())
    before = read_rows(tmp_path / "rows.jsonl")
    list(make(1, 2, 3).run())
    after = read_rows(tmp_path / "rows.jsonl")
    assert after[: len(before)] == before and len(after) == len(before) + 2  # one setting is left, a seed for each task


def test_what_was_stopped_goes_on(make, tmp_path):
    running = make(2).run()
    for _ in range(3):
        next(running)
    running.close()
    path = tmp_path / "rows.jsonl"
    path.write_text(path.read_text()[:-20])  # in the middle of the third line
    assert len([line for line in make(2).run() if " ms" in line]) == 10 and len(read_rows(path)) == 12


def test_a_line_that_was_cut_off_is_not_read(tmp_path):
    path = tmp_path / "rows.jsonl"
    assert read_rows(path) == []
    told = dict(task="push", planner="ours", setting="8x1 warm", horizon=3, success=True, distance_m=0.0, p50_ms=1.0, p95_ms=1.0)
    first, second = (EpisodeRow(seed=seed, **told).model_dump_json() for seed in (0, 1))
    path.write_text(f"{first}\n{second[:30]}")
    assert [row.seed for row in read_rows(path)] == [0]


def test_an_unknown_contender_is_refused(folder):
    with pytest.raises(ValueError, match="contender 'mine' is not known: expected one of: ours, pytorch-mppi"):
        Entrants(folder, ["mine"])


def test_settings_begin_with_the_cheapest():
    found = sweep_settings(5)
    work = [setting.budget.evaluations for setting in found]
    assert work == sorted(work) and len(set(map(str, found))) == len(found) == 48  # 6 samples, 4 iterations, warm or cold
    assert all(setting.budget.horizon == 5 for setting in found)


def test_settings_can_be_named():
    assert [str(found) for found in sweep_settings(5, ["128x3 warm", "32x1 cold"])] == ["32x1 cold", "128x3 warm"]
    with pytest.raises(ValueError, match="setting '64x4 warm' is not known: expected some of: 8x1 warm"):
        sweep_settings(5, ["64x4 warm"])
