"""How much of the processor the processes of a launched system use."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Mapping

_TICK = os.sysconf("SC_CLK_TCK")


class ProcessorTime:
    """Of processes that are told apart by words of their command lines; made when the measurement begins."""

    def __init__(self, words: Mapping[str, str], sessions: set[int]) -> None:
        """words: name -> what the command line of its process has. sessions: ids; other sessions are not looked at."""
        self._words, self._sessions = words, sessions
        self._began = time.monotonic()
        self._before, self._all_before = self._used(), _machine()

    def cores(self) -> dict[str, float]:
        """name -> cores kept busy on average since the beginning, user and system; 0 for a process not found.

        rest: by everything else on this machine, so that a row tells whether it was a quiet one.
        """
        seconds, used = time.monotonic() - self._began, self._used()
        shares = {name: (used[name] - self._before[name]) / seconds for name in self._words}
        shares["rest"] = (_machine() - self._all_before) / seconds - sum(shares.values())
        return {name: round(share, 2) for name, share in shares.items()}

    def _used(self) -> dict[str, float]:
        used = dict.fromkeys(self._words, 0.0)
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue  # it ended meanwhile
            name = next((name for name, word in self._words.items() if word in command), None)
            if name is not None and int(fields[3]) in self._sessions:
                used[name] += (int(fields[11]) + int(fields[12])) / _TICK
        return used


def _machine() -> float:
    """s that all cores together were busy since the machine started."""
    user, nice, system, _, _, irq, softirq = map(int, Path("/proc/stat").read_text().split(maxsplit=8)[1:8])
    return (user + nice + system + irq + softirq) / _TICK
