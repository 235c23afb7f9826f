"""Ending a process, at first politely."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from signal import SIGINT, SIGKILL, SIGTERM, Signals

from ._child_process import ChildProcess


@dataclass(frozen=True)
class StopSequence:
    """SIGINT, after some seconds SIGTERM, after some more SIGKILL.

    The timeouts are text, and are told to the user as they were given.
    """

    name: str
    child: ChildProcess
    logger: logging.Logger
    sigterm_timeout: str
    sigkill_timeout: str

    async def run(self, *, send_sigint: bool) -> None:
        """Return once the process ended, or SIGKILL was sent."""
        if send_sigint:
            self.signal(SIGINT)
        if await self.child.wait(float(self.sigterm_timeout)) is not None:
            return
        self._escalate(self.sigterm_timeout, SIGINT, SIGTERM)
        if await self.child.wait(float(self.sigkill_timeout)) is not None:
            return
        total = str(float(self.sigterm_timeout) + float(self.sigkill_timeout))
        self._escalate(total, SIGTERM, SIGKILL)

    def signal(self, number: Signals) -> None:
        """Send a signal and tell about it."""
        self.logger.info("sending signal '%s' to process[%s]", number.name, self.name)
        self.child.send_signal(number)

    def _escalate(self, seconds: str, ignored: Signals, number: Signals) -> None:
        self.logger.error(
            "process[%s] failed to terminate '%s' seconds after receiving '%s', "
            "escalating to '%s'", self.name, seconds, ignored.name, number.name)
        self.signal(number)
