"""A race does what is due once, however often it is stopped."""

import pytest

from wm_core.bench import entrants as entering
from wm_core.bench import race_driver as driving
from wm_core.bench.budget import Budget
from wm_core.bench.entrants import Entrants
from wm_core.bench.race import Entry
from wm_core.bench.race_driver import RaceJob, race_driver
from wm_core.bench.setting import Setting, sweep_settings
from wm_core.bench.sweep import Sweep
from wm_core.bench.sweep_rows import EpisodeRow, Origin, read_rows
from wm_core.model.checkpoint import model_hash

SETTINGS = [Setting(Budget(8, 3, 1), True), Setting(Budget(8, 3, 2), False), Setting(Budget(8, 3, 3), False)]


@pytest.fixture
def race(folder, scene, tmp_path, monkeypatch):
    monkeypatch.setattr(driving, "make_environment", lambda name, **options: scene)
    monkeypatch.setattr(entering, "sweep_settings", lambda horizon, names: SETTINGS)
    entrants = {"reach": Entrants(folder, ["ours"]), "push": Entrants(folder, ["ours"])}

    def run(*rounds, environment="bench"):
        with race_driver(environment, entrants) as drive:
            yield from Sweep(tmp_path / "rows.jsonl", entrants, environment, 7, rounds).run(drive)

    return run


def test_one_round_is_everything_once(race, tmp_path):
    said = list(race(2))
    assert len([line for line in said if " ms" in line]) == 12  # 2 tasks x 2 seeds x 3 settings
    rows = read_rows(tmp_path / "rows.jsonl", {})
    assert len({row.key for row in rows}) == 12 and all(row.success and row.p50_ms > 0.0 for row in rows)
    assert {row.setting for row in rows} == {"8x1 warm", "8x2 cold", "8x3 cold"}
    assert {row.horizon for row in rows} == {3} and {row.seed for row in rows} == {7, 8}


def test_who_left_is_not_driven_any_more(race, tmp_path):
    # All succeed. After a seed two rivals are needed, and the dearest of three alone has them; after two seeds one is.
    list(race(1, 2, 3))
    rows = [row for row in read_rows(tmp_path / "rows.jsonl", {}) if row.task == "push"]
    assert sorted(sum(row.setting == setting for row in rows) for setting in {row.setting for row in rows}) == [1, 2, 3]


def test_more_rounds_go_on_from_those_that_were_done(race, tmp_path):
    list(race(1, 2))
    before = read_rows(tmp_path / "rows.jsonl", {})
    list(race(1, 2, 3))
    after = read_rows(tmp_path / "rows.jsonl", {})
    assert after[: len(before)] == before and len(after) == len(before) + 2  # one setting is left, a seed for each task


def test_what_was_stopped_goes_on(race, tmp_path):
    running = race(2)
    for _ in range(3):
        next(running)
    running.close()
    path = tmp_path / "rows.jsonl"
    path.write_text(path.read_text()[:-20])  # in the middle of the third line
    assert len([line for line in race(2) if " ms" in line]) == 10 and len(read_rows(path, {})) == 12


def test_every_row_bears_what_it_was_driven_with(race, folder, tmp_path):
    list(race(1))
    found = {(row.model, row.environment, row.horizon) for row in read_rows(tmp_path / "rows.jsonl", {})}
    assert found == {(model_hash(folder)[:12], "bench", 3)}


def test_rows_of_another_environment_are_refused_before_the_file_is_touched(race, tmp_path):
    list(race(1))
    path = tmp_path / "rows.jsonl"
    before = path.read_text()
    with pytest.raises(ValueError, match="rows.jsonl, line 1: 'reach' with environment bench, expected kitchen as in this race"):
        list(race(1, environment="kitchen"))
    assert path.read_text() == before


TOLD = dict(planner="ours", setting="8x1 warm", success=True, distance_m=0.0, p50_ms=1.0, p95_ms=1.0)


@pytest.mark.parametrize(
    ("other", "says"),
    [({"model": "f00"}, "model f00, expected abc"), ({"environment": "moon"}, "environment moon, expected bench"), ({"horizon": 8}, "horizon 8, expected 3")],
)
def test_a_row_of_something_else_is_named(other, says, tmp_path):
    own = dict(task="push", model="abc", environment="bench", horizon=3, **TOLD)
    rows = [EpisodeRow(seed=0, **own), EpisodeRow(seed=1, **own | other), EpisodeRow(seed=2, **own | other | {"task": "reach"})]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(row.line for row in rows))
    with pytest.raises(ValueError, match=f"rows.jsonl, line 2: 'push' with {says} as in this race; give --rows another file"):
        read_rows(path, {"push": Origin("abc", "bench", 3)})
    assert len(read_rows(path, {"lift": Origin("abc", "bench", 3)})) == 3  # of tasks that are not in this race


def test_rows_of_before_these_were_kept_are_taken_and_stay_as_they_are(tmp_path):
    line = '{"task":"push","planner":"ours","setting":"8x1 warm","horizon":3,"seed":0,"success":true,"distance_m":0.0,"p50_ms":1.0,"p95_ms":1.0}\n'
    path = tmp_path / "rows.jsonl"
    path.write_text(line)
    (row,) = read_rows(path, {"push": Origin("abc", "bench", 3)})
    assert row.line == line
    with pytest.raises(ValueError, match="horizon 3, expected 8"):
        read_rows(path, {"push": Origin("abc", "bench", 8)})


SMALL, MIDDLE, LARGE = (Entry("ours", str(setting)) for setting in SETTINGS)


class Scripted:
    """Entrants that `scripted` drives."""

    entries = [SMALL, MIDDLE, LARGE]

    def origin(self, environment: str) -> Origin:
        return Origin("abc", environment, 3)


def scripted(jobs):
    """Whoever drives `jobs`: the cheapest setting is good at reaching alone, the dearest at pushing alone."""
    good = {"reach": (SMALL, MIDDLE), "push": (MIDDLE, LARGE)}
    for job in jobs:
        told = dict(task=job.task, planner=job.entry.planner, setting=job.entry.setting, horizon=3, seed=job.seed, distance_m=0.0)
        cost = float(1 + (SMALL, MIDDLE, LARGE).index(job.entry))
        yield EpisodeRow(success=job.entry in good[job.task], p50_ms=cost, p95_ms=cost, **told)


@pytest.mark.parametrize("together, last", [(False, {"reach": "8x1 warm", "push": "8x2 cold"}), (True, dict.fromkeys(("reach", "push"), "8x2 cold"))])
def test_a_setting_leaves_for_what_it_did_in_its_race(together, last, tmp_path):
    # In a race of its own reaching is won by the cheapest; in one over both tasks it is half as good as the next.
    entrants = {task: Scripted() for task in ("reach", "push")}
    said = list(Sweep(tmp_path / "rows.jsonl", entrants, "bench", 0, (5, 10, 20), together=together).run(scripted))
    rows = read_rows(tmp_path / "rows.jsonl", {})
    assert {row.task: row.setting for row in rows if row.seed == 19} == last
    assert any(line.startswith("reach and push, after") for line in said) == together


def test_seed_comes_after_seed_and_the_dearest_first(tmp_path):
    driven = []

    def drive(jobs):
        driven.extend(jobs)
        return scripted(jobs)

    list(Sweep(tmp_path / "rows.jsonl", {"reach": Scripted()}, "bench", 3, (2,)).run(drive))
    assert driven == [RaceJob("reach", entry, seed) for seed in (3, 4) for entry in (LARGE, MIDDLE, SMALL)]


def test_several_processes_drive_the_same_episodes(folder):
    entrants = {"reach": Entrants(folder, ["ours"], ["8x1 warm", "16x2 cold"])}
    jobs = [RaceJob("reach", entry, seed) for seed in (3, 4) for entry in entrants["reach"].entries]
    found = []
    for count in (1, 2):
        with race_driver("panda_tabletop", entrants, count, threads=1) as drive:
            rows = {row.key: row.model_copy(update={"p50_ms": 0.0, "p95_ms": 0.0}) for row in drive(jobs)}
        found.append(rows)
    assert len(found[0]) == 4 and found[0] == found[1]


def test_a_line_that_was_cut_off_is_not_read(tmp_path):
    path = tmp_path / "rows.jsonl"
    assert read_rows(path, {}) == []
    told = dict(task="push", planner="ours", setting="8x1 warm", horizon=3, success=True, distance_m=0.0, p50_ms=1.0, p95_ms=1.0)
    first, second = (EpisodeRow(seed=seed, **told).model_dump_json() for seed in (0, 1))
    path.write_text(f"{first}\n{second[:30]}")
    assert [row.seed for row in read_rows(path, {})] == [0]


def test_an_unknown_contender_is_refused(folder):
    with pytest.raises(ValueError, match="contender 'mine' is not known: expected one of: ours, pytorch-mppi"):
        Entrants(folder, ["mine"])


def test_settings_begin_with_the_cheapest():
    found = sweep_settings(5)
    work = [setting.budget.evaluations for setting in found]
    assert work == sorted(work) and len(set(map(str, found))) == len(found) == 24  # 4 samples, 3 iterations, warm or cold
    assert all(setting.budget.horizon == 5 for setting in found)
    assert {str(found[0]), str(found[-1])} == {"8x1 warm", "512x10 cold"}


def test_settings_can_be_named():
    assert [str(found) for found in sweep_settings(5, ["128x3 warm", "32x1 cold"])] == ["32x1 cold", "128x3 warm"]
    assert [str(found) for found in sweep_settings(5, ["64x* warm"])] == [f"64x{number} warm" for number in (1, 2, 3, 5, 10)]
    assert len(sweep_settings(5, ["*"])) == 70  # 7 samples, 5 iterations, warm or cold
    with pytest.raises(ValueError, match="setting '64x4 warm' is not known: expected some of: 8x1 warm"):
        sweep_settings(5, ["128x3 warm", "64x4 warm"])
