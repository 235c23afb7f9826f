"""A child process, driven by asyncio."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Callable, Optional

_DRAIN_SECONDS = 0.5


class ChildProcess(asyncio.SubprocessProtocol):
    """Starts a process, passes on what it writes, signals it, and never outlives it.

    Build it with `start`. `close` kills a process that still runs.
    """

    def __init__(
        self, on_start: Callable[[int], None], on_output: Callable[[int, bytes], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self._on_start = on_start
        self._on_output = on_output
        self._open_pipes = {1, 2}
        self._drained = loop.create_future()
        self._exited = loop.create_future()
        self._transport: Optional[asyncio.SubprocessTransport] = None

    @classmethod
    async def start(
        cls,
        cmd: list[str],
        *,
        cwd: Optional[str],
        env: dict[str, str],
        on_start: Callable[[int], None],
        on_output: Callable[[int, bytes], None],
    ) -> ChildProcess:
        """Start the command; OSError if it cannot be. `on_start` gets the process id."""
        self = cls(on_start, on_output)
        await asyncio.get_running_loop().subprocess_exec(lambda: self, *cmd, cwd=cwd, env=env)
        return self

    @property
    def pid(self) -> int:
        """The process id."""
        return self._transport.get_pid()

    async def wait(self, timeout: Optional[float] = None) -> Optional[int]:
        """Return the exit code once all output is passed on, or None after the timeout."""
        await asyncio.wait([self._exited], timeout=timeout)
        if not self._exited.done():
            return None
        # Whoever inherited the pipes may keep them open: do not wait for that for long.
        await asyncio.wait([self._drained], timeout=_DRAIN_SECONDS)
        return self._exited.result()

    def send_signal(self, number: signal.Signals) -> bool:
        """Send a signal; False if the process is gone."""
        if self._exited.done():
            return False
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True

    def close(self) -> None:
        """Close the pipes, and kill the process if it still runs."""
        self._transport.close()

    def connection_made(self, transport: asyncio.SubprocessTransport) -> None:
        self._transport = transport
        self._on_start(self.pid)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._on_output(fd, data)

    def pipe_connection_lost(self, fd: int, exc: Optional[Exception]) -> None:
        self._open_pipes.discard(fd)
        if not self._open_pipes and not self._drained.done():
            self._drained.set_result(None)

    def process_exited(self) -> None:
        if not self._exited.done():
            self._exited.set_result(self._transport.get_returncode())
