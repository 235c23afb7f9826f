"""Where the commands write, and their progress bars."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_BETWEEN_LINES = 30.0  # s
_LOG_WIDTH = 140  # columns of what is no terminal: rich takes 80, in which our tables break every word


def _console(stderr: bool = False) -> Console:
    made = Console(stderr=stderr)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = _LOG_WIDTH
    return made


output = _console()
errors = _console(stderr=True)


@contextmanager
def kept_in(place: Path, program: str = "wm") -> Iterator[None]:
    """Around work that goes on where it was stopped: says so after Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        said = f"{program}: what was done is kept in {place}; the same command goes on from there"
        errors.print(said, markup=False, highlight=False, soft_wrap=True)
        raise


def progress_bar(target: Console = errors) -> Progress:
    """Count, time passed and time left, on standard error; a task may set the field `note`.

    Where that is no terminal (a log, a job in the background), a line each half minute.
    """
    return _Told(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=target,
    )


class _Told(Progress):
    """A bar that moves is nothing to a file, which rich would give the last picture only."""

    _told = 0.0

    def start(self) -> None:
        self._told = self.get_time()
        super().start()

    def update(self, task_id: TaskID, **fields: Any) -> None:
        super().update(task_id, **fields)
        self._tell()

    def advance(self, task_id: TaskID, advance: float = 1.0) -> None:
        super().advance(task_id, advance)
        self._tell()

    def _tell(self) -> None:
        if not self.console.is_terminal and self.get_time() - self._told >= _BETWEEN_LINES:
            self._told = self.get_time()
            self.console.print(self.get_renderable())
