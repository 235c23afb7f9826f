"""A sweep does every contender, setting, task and seed once, however often it is stopped."""

import pytest

from wm_core.bench import sweep as sweeping
from wm_core.bench.budget import Budget
from wm_core.bench.setting import Setting, sweep_settings
from wm_core.bench.sweep import Sweep
from wm_core.bench.sweep_rows import read_rows

SETTINGS = [Setting(Budget(8, 3, 1), True), Setting(Budget(8, 3, 2), False)]


@pytest.fixture
def make(folder, scene, tmp_path, monkeypatch):
    monkeypatch.setattr(sweeping, "make_environment", lambda name, **options: scene)
    monkeypatch.setattr(sweeping, "sweep_settings", lambda horizon, names: SETTINGS)
    return lambda: Sweep(tmp_path / "rows.jsonl", folder, "bench", ["reach", "push"], range(2), ["ours"])


def test_everything_is_done_once(make, tmp_path):
    assert len(list(make().run())) == 8  # 2 tasks x 2 seeds x 2 settings
    rows = read_rows(tmp_path / "rows.jsonl")
    assert len({row.key for row in rows}) == 8 and all(row.success and row.p50_ms > 0.0 for row in rows)
    assert {row.setting for row in rows} == {"8x1 warm", "8x2 cold"} and {row.horizon for row in rows} == {3}
    assert list(make().run()) == []
    assert make().summary()[0] == "4 episodes that all have; the best success is 100.0 %"


def test_what_was_stopped_goes_on(make, tmp_path):
    running = make().run()
    for _ in range(3):
        next(running)
    running.close()
    path = tmp_path / "rows.jsonl"
    path.write_text(path.read_text()[:-20])  # in the middle of the third line
    assert len(list(make().run())) == 6 and len(read_rows(path)) == 8


def test_an_unknown_contender_is_refused(folder, tmp_path):
    with pytest.raises(ValueError, match="contender 'mine' is not known: expected one of: ours, pytorch-mppi"):
        Sweep(tmp_path / "rows.jsonl", folder, "bench", ["reach"], range(1), ["mine"])


def test_settings_begin_with_the_cheapest():
    found = sweep_settings(5)
    work = [setting.budget.evaluations for setting in found]
    assert work == sorted(work) and len(set(map(str, found))) == len(found) == 24
    assert all(setting.budget.horizon == 5 for setting in found)


def test_settings_can_be_named():
    assert [str(found) for found in sweep_settings(5, ["128x3 warm", "32x1 cold"])] == ["32x1 cold", "128x3 warm"]
    with pytest.raises(ValueError, match="setting '64x2 warm' is not known: expected some of: 32x1 warm"):
        sweep_settings(5, ["64x2 warm"])
