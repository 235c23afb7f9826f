"""Work that several processes of this machine share."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


class WorkerDied(ChildProcessError):
    """The message says which process, how it ended, and what it was doing."""


class Workers(Generic[Job, Result]):
    """Processes that each keep a copy of `work`: what it loads for one job is there for the next.

    A context. When it ends they are gone, whatever they were doing; so they are when this process is killed.
    """

    def __init__(self, work: Callable[[Job], Result], count: int, threads: int = 0) -> None:
        """work: can be pickled, as jobs and results can. threads: torch's in each process, 0 for its choice."""
        self._work, self._count, self._threads = pickle.dumps(work), count, threads
        self._processes: dict[Connection, BaseProcess] = {}

    def __enter__(self) -> Workers[Job, Result]:
        context = multiprocessing.get_context("spawn")
        for _ in range(self._count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, self._work, self._threads), daemon=True)
            process.start()
            theirs.close()  # or its end would not be seen when the process has died
            self._processes[ours] = process
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for process in self._processes.values():
            process.terminate()
        for pipe, process in self._processes.items():
            process.join()
            pipe.close()
        self._processes.clear()

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[int, Result]]:
        """Yields the number of a job and what came of it, as they are done. No more is run after it raised or was left.

        Raises what a job raised, and `WorkerDied`.
        """
        waiting = enumerate(jobs)
        busy: dict[Connection, tuple[int, Job]] = {}
        for pipe in self._processes:
            self._hand(pipe, waiting, busy)
        while busy:
            for pipe in wait(list(busy)):
                number, job = busy.pop(pipe)
                result = self._receive(pipe, job)
                self._hand(pipe, waiting, busy)  # before anybody looks at the result: no process waits for that
                yield number, result

    def run_in_order(self, jobs: Iterable[Job]) -> Iterator[Result]:
        """As `run`, but yields in the order of the jobs, as one process would."""
        early: dict[int, Result] = {}
        due = 0
        for number, result in self.run(jobs):
            early[number] = result
            while due in early:
                yield early.pop(due)
                due += 1

    def _hand(self, pipe: Connection, waiting: Iterator[tuple[int, Job]], busy: dict[Connection, tuple[int, Job]]) -> None:
        for number, job in waiting:
            busy[pipe] = number, job
            try:
                pipe.send(job)
            except OSError:
                raise self._died(pipe, job) from None
            return

    def _receive(self, pipe: Connection, job: Job) -> Result:
        try:
            result, error, trace = pipe.recv()
        except (EOFError, OSError):
            raise self._died(pipe, job) from None
        if error is not None:
            raise error from RuntimeError(f"in a worker process:\n{trace}")
        return result

    def _died(self, pipe: Connection, job: Job) -> WorkerDied:
        process = self._processes[pipe]
        process.join()
        code = process.exitcode
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return WorkerDied(f"worker process {process.pid} ended with {how} during job '{job}'")


def _serve(pipe: Connection, packed: bytes, threads: int) -> None:
    # Ctrl-C reaches the whole process group; the parent decides, and what was done stays.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if threads:
        import torch

        torch.set_num_threads(threads)
    work = None
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        try:
            work = pickle.loads(packed) if work is None else work
            answer = work(job), None, ""
        except Exception as error:
            answer = None, _portable(error), traceback.format_exc()
        pipe.send(answer)


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)


def _portable(error: Exception) -> Exception:
    """As it is, or in words where it does not survive the way to another process."""
    try:
        return pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
