"""`wm eval --workers`: the results of one process, and nobody left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

DEADLINE = 100.0  # s, for a command and its processes on a busy machine
WM = (sys.executable, "-m", "wm_core.cli", "eval", "--task", "reach", "--goal", "pose", "--threads", "1")


@pytest.mark.timeout(300)
def test_results_do_not_depend_on_the_number_of_processes(tmp_path):
    # Drawn scenes, drawn motion, pictures that change from one moment to the next.
    told = (*WM, "--policy", "random", "--look", "0.5", "--perturb", "glare=high", "--seed", "4")
    files = ("--json", "report.json", "--sheet", "worst.png", "--controls", "controls.json")
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    for folder, count in ((alone, "1"), (shared, "2")):
        folder.mkdir()
        if folder == shared:  # the last seed's control is on file
            found = json.loads((alone / "controls.json").read_text())
            found["entries"][0]["episodes"] = found["entries"][0]["episodes"][-1:]
            (shared / "controls.json").write_text(json.dumps(found))
        command = [*told, "--episodes", "3", "--workers", count, *files]
        subprocess.run(command, check=True, capture_output=True, timeout=DEADLINE, cwd=folder)
    for name in ("report.json", "worst.png", "controls.json"):
        assert (alone / name).read_bytes() == (shared / name).read_bytes(), name


@pytest.fixture
def running():
    """`wm eval` with two processes that is at work for longer than any test, in a process group of its own."""
    command = [*WM, "--policy", "hold", "--episodes", "100000", "--workers", "2"]
    started = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        yield started
    finally:
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGKILL)
        started.communicate()


def workers_of(pid: int) -> list[int]:
    """Those that already leave Ctrl-C to their parent. Bit 2 of the mask is SIGINT; multiprocessing's helper ignores it, too."""
    found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    found = [child for child in found if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text()]
    status = {child: dict(line.split(":", 1) for line in Path(f"/proc/{child}/status").read_text().splitlines()) for child in found}
    return [child for child in found if int(status[child]["SigIgn"], 16) & 2]


def ready(process: subprocess.Popen) -> list[int]:
    until = time.monotonic() + DEADLINE
    while len(found := workers_of(process.pid)) < 2:
        assert time.monotonic() < until and process.poll() is None, "the two processes did not come up"
        time.sleep(0.05)
    return found


def test_a_process_that_dies_ends_the_command_with_one_line(running):
    killed, other = ready(running)
    os.kill(killed, signal.SIGKILL)
    said = running.communicate(timeout=DEADLINE)[1].strip().splitlines()
    assert running.returncode == 2
    assert said[-1].startswith(f"wm: error: worker process {killed} ended with SIGKILL during job 'reach, seed ")
    assert not Path(f"/proc/{other}").exists()


def test_ctrl_c_leaves_no_process_behind(running):
    pids = ready(running)
    os.killpg(running.pid, signal.SIGINT)
    said = running.communicate(timeout=DEADLINE)[1]
    assert running.returncode == 130
    # None of the others was reached by it: such a one would have said so.
    assert "wm: stopped" in said and "KeyboardInterrupt" not in said
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
