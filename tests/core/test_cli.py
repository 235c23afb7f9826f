"""`wm`: bad input is one line and exit code 2; collect and train work end to end at toy size."""

import json
import os
import signal
import subprocess
import sys

import pytest

from wm_core.cli import app as cli


def wm(*arguments: str, timeout: float = 100.0) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "wm_core.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, "COLUMNS": "200"},
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("eval", "--model", "absent"), "model 'absent' not found"),
        (("eval", "--task", "fold_laundry"), "task 'fold_laundry' is not known"),
        (("eval", "--episods", "3"), "--episods"),
        (("eval", "--policy", "lucky"), "policy 'lucky' is not known"),
        (("eval", "--set", "planner.sampels=3"), "did you mean 'samples'?"),
        (("eval", "--suite", "easy"), "suite 'easy' is not known"),
        (("eval", "--csv", "table.csv"), "give --suite too"),
        (("eval", "--gate", "stop", "--policy", "hold"), "has no gate"),
        (("eval", "--seed", "999999", "--episodes", "2"), "999999 + 2 = 1000001, expected at most 1000000: from there on seeds are those of"),
        (("bench", "race", "--rows", "x", "--on", "reach=absent", "--seed", "999801", "--rounds", "5,200"), "999801 + 200 = 1000001"),
        (("bench", "race", "--rows", "x", "--on", "reach=absent", "--seed", "999999", "--replays", "2"), "999999 + 2 = 1000001"),
        (("bench", "planner", "--json", "x", "--seed", "999999"), "999999 + 2 = 1000001"),
        (("export", "--out", "x", "--seed", "999999", "--states", "5"), "999999 + 2 = 1000001"),
        (("eval", "--json", "."), "--json .: is a folder, expected a file to write"),
        (("eval", "--sheet", "/dev/null/worst.png"), "--sheet /dev/null/worst.png: cannot be written, /dev/null is not a folder"),
        (("probe", "--model", "absent", "--dataset", "absent", "--json", "."), "--json .: is a folder"),
        (("bench", "planner", "--json", "."), "--json .: is a folder"),
        (("bench", "race", "--rows", "x", "--on", "reach=absent", "--replays", "2", "--json", "."), "--json .: is a folder"),
        (("plan", "--explain", "."), "--explain .: is a folder"),
        (("plan", "--seed", "2147483648"), "'--seed': Input should be less than or equal to 2147483647"),
        (("train", "--dataset", "absent", "--out", "x", "--seed", "2147483648"), "'--seed': Input should be less than or equal to 2147483647"),
        (("compare", "absent.json", "b.json"), "cannot read the report absent.json"),
        (("baseline", "train", "--kind", "pixel", "--dataset", "absent", "--out", "x"), "no dataset at absent"),
        (("info", "--model", "absent"), "model 'absent' not found"),
        (("train", "--dataset", "absent", "--out", "x"), "no dataset at absent"),
        (("bench", "race", "--rows", "x", "--on", "reach"), "'reach' is not task=model"),
        (("bench", "race", "--rows", "x", "--on", "reach=absent", "--rounds", "9,3"), "expected numbers of episodes that grow"),
        (("collect", "--out", "x", "--env", "moon"), "environment 'moon' is not registered"),
        (("collect", "--out", "x", "--image-size", "50"), "image_size = 50: Input should be a multiple of 16"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = wm(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_an_unknown_key_in_the_configuration_names_the_nearest(tmp_path):
    (tmp_path / "bad.yaml").write_text("model:\n  visual_dimm: 3\n")
    options = ("--kind", "pixel", "--dataset", "x", "--out", str(tmp_path / "run"), "--config", str(tmp_path / "bad.yaml"))
    done = wm("baseline", "train", *options)
    assert done.returncode == 2
    assert "unknown key 'model.visual_dimm'; did you mean 'visual_dim'?" in done.stderr


def test_being_terminated_ends_as_ctrl_c_does(monkeypatch, capsys):
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(cli, "app", lambda standalone_mode: os.kill(os.getpid(), signal.SIGTERM))
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 130
    assert capsys.readouterr().err.strip() == "wm: stopped"  # what keeps something says so itself


def test_info_names_the_environment():
    done = wm("info")
    assert done.returncode == 0 and "panda_tabletop" in done.stdout


def without_times(found):
    """A report without what plans took."""
    if isinstance(found, dict):
        return {name: without_times(value) for name, value in found.items() if not name.startswith("plan_ms")}
    return [without_times(value) for value in found] if isinstance(found, list) else found


@pytest.mark.timeout(600)
def test_collect_train_eval_at_toy_size(tmp_path):
    (tmp_path / "small.yaml").write_text(
        "model: {image_size: 32, visual_dim: 16, joint_dim: 4, channels: [4, 8], hidden: 32}\n"
        "training: {batch: 4, rollout: 2, steps: 3, warmup: 5, checkpoint_every: 3, probe_steps: 5}\n"
        "planner: {samples: 8, horizon: 2, iterations: 1, deadline: 5.0}\n"
    )
    data, run, report, pixel = (tmp_path / name for name in ("data", "run", "report.json", "pixel"))
    config, short = str(tmp_path / "small.yaml"), ("--steps", "3")
    evaluated = ("--policy", "planner", "--policy", "bc", "--policy", f"pixel={pixel}", "--set", "planner.samples=4")
    files = ("--json", str(report), "--sheet", str(tmp_path / "worst.png"), "--controls", str(tmp_path / "controls.json"))
    again = ("--json", str(tmp_path / "again.json"), "--workers", "2", "--threads", "1")
    steps = [
        ("collect", "--out", str(data), "--episodes", "10", "--steps", "8", "--image-size", "32", "--workers", "1"),
        ("train", "--dataset", str(data), "--out", str(run), "--config", config),
        ("prior", "--dataset", str(data), "--model", str(run), *short),
        ("baseline", "train", "--kind", "pixel", "--dataset", str(data), "--out", str(pixel), "--config", config),
        ("gate", "--model", str(run), "--dataset", str(data), "--false-stops", "0.4"),
        ("eval", "--model", str(run), "--episodes", "2", "--seed", "5", "--gate", "watch", *evaluated, *files, "--threads", "1"),
        ("eval", "--model", str(run), "--episodes", "2", "--seed", "5", "--gate", "watch", *evaluated, *again),
        ("compare", str(report), str(report), "--second", "hold"),
        ("plan", "--model", str(run), "--seed", "5"),
    ]
    for arguments in steps:
        done = wm(*arguments, timeout=300.0)
        assert done.returncode == 0, f"wm {arguments[0]}: {done.stderr}"
        if arguments[0] == "compare":
            assert "planner (report.json) - hold (report.json) on 2 common seeds" in done.stdout
    written = json.loads(report.read_text())
    # A busy machine changes no result: the simulation waits, whatever the model's own deadline is.
    assert written["settings"] == ["planner.deadline=60", "planner.samples=4"]
    assert [policy["policy"] for policy in written["policies"]] == ["planner", "bc", f"pixel={pixel}"]
    assert [policy["policy"] for policy in written["controls"]] == ["random", "hold"]
    for policy in (*written["policies"], *written["controls"]):
        assert [episode["seed"] for episode in policy["episodes"]] == [5, 6]
    # 25 plans, and a horizon of two: what the plan before the last foresaw of the end is there.
    account = written["policies"][0]["episodes"][0]["account"]
    assert len(account["plan_ms"]) == len(account["next_realised"]) == 25 and account["end_predicted"] is not None
    assert written["policies"][0]["gate"]["mode"] == "watch" and written["controls"][0]["gate"] is None
    assert without_times(json.loads((tmp_path / "again.json").read_text())) == without_times(written)
    assert (tmp_path / "worst.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "controls.json").exists()
