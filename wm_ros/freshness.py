"""Whether an input is still coming, and why not."""

from __future__ import annotations


class InputError(Exception):
    """An input is missing, stale or unusable; planning has to wait. part: whose fault it is, for /diagnostics."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(f"{part}: {message}")
        self.part = part
        self.message = message


class Freshness:
    """Of one input. Not locked: its owner is. `now` is on the clock of the stamps, `steady` never jumps; s."""

    def __init__(self, part: str, limit: float) -> None:
        """part: its name on /diagnostics. limit: s that what came last may be old, by its stamp and by its arrival."""
        self.part = part
        self._limit = limit
        self._received = float("-inf")
        self._problem = ""

    def came(self, steady: float) -> None:
        """A message that can be used."""
        self._received, self._problem = steady, ""

    def refuse(self, message: str) -> None:
        """One that cannot be used."""
        self._problem = message

    def check(self, stamp: float | None, now: float, steady: float) -> None:
        """stamp: s, of the newest that can be used, None before there was one. Raises `InputError`."""
        silent = steady - self._received
        if stamp is None or silent > self._limit:
            # A message that came and was refused explains the silence better than the silence does.
            said = self._problem or ("no message yet" if stamp is None else f"no message for {silent:.1f} s")
            raise InputError(self.part, said)
        age = now - stamp
        if not -self._limit <= age <= self._limit:
            raise InputError(self.part, f"stamp is {age:.2f} s old, expected at most {self._limit:.2f} s: do the clocks agree?")
