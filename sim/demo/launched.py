"""A `ros2 launch` that never outlives whoever started it."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Sequence

_PR_SET_PDEATHSIG = 1
_DIED = re.compile(r"\[(\S+)-\d+\]: process has died \[pid \d+, exit code (-?\d+)")
_TELLING = ("ERROR", "FATAL", "Traceback", "rror:", "process has died")


class LaunchDied(RuntimeError):
    """The launch, or a process of it, ended by itself; the text has the exit code."""


class LaunchedSystem:
    """Starts the command with its output in a file, and brings it down at the end of the `with` block."""

    def __init__(self, command: Sequence[str], log: Path, patience: tuple[float, float] = (25.0, 5.0)) -> None:
        """patience: s to wait after SIGINT and after SIGTERM. Launch itself takes up to 15 s over stubborn nodes."""
        self._log, self._patience = log, patience
        library = ctypes.CDLL(None)

        def end_with_parent() -> None:
            # Should we be killed outright, the kernel sends launch the signal that we no longer can.
            library.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)

        with log.open("wb") as output:
            # A session of its own: the terminal's Ctrl-C reaches us alone, and we end the launch in order.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    def __enter__(self) -> LaunchedSystem:
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Of `ros2 launch`, and of the process group of all that it started."""
        return self._process.pid

    def check(self) -> None:
        """Raises `LaunchDied` if it no longer runs, or if it says that one of its processes died: launch goes on without a planner."""
        code = self._process.poll()
        if code is not None:
            raise LaunchDied(f"ros2 launch ended by itself with exit code {code}")
        died = _DIED.search(self._log.read_text(errors="replace"))
        if died:
            raise LaunchDied(f"{died[1]} died with exit code {died[2]}")

    def stop(self) -> int:
        """SIGINT, then SIGTERM, then SIGKILL to the whole group, each after waiting in vain. -> exit code."""
        for number, patience in zip((signal.SIGINT, signal.SIGTERM), self._patience):
            if self._process.poll() is None:
                self._process.send_signal(number)
                self._wait(patience)
        self._end_group()
        return self._process.wait()

    def errors(self, lines: int = 12) -> list[str]:
        """The last lines of the log that tell of an error, or simply the last ones."""
        text = self._log.read_text(errors="replace").splitlines()
        return [line for line in text if any(word in line for word in _TELLING)][-lines:] or text[-lines:]

    def said(self, words: str) -> bool:
        """Whether its output has these words so far."""
        return words in self._log.read_text(errors="replace")

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while self._process.poll() is None and time.monotonic() < end:
            try:
                time.sleep(0.05)
            except KeyboardInterrupt:
                return  # impatient: go on with the next signal

    def _end_group(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # as it should be: nobody is left
