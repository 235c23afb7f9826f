"""Processes that share work: nothing is lost silently, and nobody is left behind."""

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wm_core.workers import WorkerDied, Workers

DEADLINE = 60.0  # s, for processes of a busy machine to start or to end


def test_every_job_is_done_once_and_says_which_it_was():
    with Workers(math.sqrt, 2) as workers:
        assert dict(workers.run([0.0, 1.0, 4.0, 9.0, 16.0])) == {0: 0.0, 1: 1.0, 2: 2.0, 3: 3.0, 4: 4.0}
        assert list(workers.run_in_order([25.0, 36.0])) == [5.0, 6.0]
        assert list(workers.run([])) == []


def test_what_is_done_early_waits_for_its_turn():
    class Unordered(Workers):
        def run(self, jobs):
            yield from [(1, "b"), (2, "c"), (0, "a"), (3, "d")]

    assert list(Unordered(math.sqrt, 2).run_in_order(range(4))) == ["a", "b", "c", "d"]


def test_work_lasts_from_one_job_to_the_next():
    # A list pops its first again and again: a fresh copy for every job would pop 3 each time.
    with Workers([3, 1, 4].pop, 1) as workers:
        assert list(workers.run_in_order([0, 0, 0])) == [3, 1, 4]


def test_what_a_job_raises_is_raised_here():
    with pytest.raises(ValueError, match="math domain error|nonnegative input") as raised, Workers(math.sqrt, 2) as workers:
        list(workers.run([1.0, -1.0]))
    assert "in a worker process" in str(raised.value.__cause__) and "Traceback" in str(raised.value.__cause__)


def test_an_error_that_cannot_travel_comes_in_words():
    # `MissingPackage` is made of two things and remembers one: it cannot be made again on this side.
    raising = "(_ for _ in ()).throw(__import__('wm_core.bench.missing', fromlist=['']).MissingPackage('left-pad', None))"
    with pytest.raises(RuntimeError, match="MissingPackage: left-pad is not installed"), Workers(eval, 1) as workers:
        list(workers.run([raising]))


def test_a_process_that_dies_ends_the_work_and_is_named():
    with pytest.raises(WorkerDied, match=r"worker process \d+ ended with exit code 3 during job '3'"), Workers(os._exit, 1) as workers:
        list(workers.run([3]))


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text()]


def wait_for_end(pids: list[int]) -> None:
    until = time.monotonic() + DEADLINE
    while alive(pids):
        assert time.monotonic() < until, f"{alive(pids)} are still there"
        time.sleep(0.05)


def test_nobody_is_left_when_the_parent_is_killed():
    code = (
        "import time\nfrom wm_core.workers import Workers\n"
        "with Workers(time.sleep, 2) as workers:\n"
        "    done = workers.run([0, 0, 600, 600])\n"
        "    next(done), next(done)\n"  # both are at work by now
        "    print(*(process.pid for process in workers._processes.values()), flush=True)\n"
        "    next(done)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(alive(pids)) == 2
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    wait_for_end(pids)
