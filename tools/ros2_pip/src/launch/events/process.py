"""Events about processes: what they did, and what is asked of them."""

from __future__ import annotations

import signal as signal_module
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Optional, Union

from ..event import Event

if TYPE_CHECKING:
    from ..actions import ExecuteProcess


@dataclass(frozen=True, kw_only=True)
class RunningProcessEvent(Event):
    """Something that a process did; the fields describe the process."""

    name = 'launch.events.process.RunningProcessEvent'
    action: ExecuteProcess
    process_name: str
    cmd: list[str]
    cwd: Optional[str]
    env: dict[str, str]
    pid: int


@dataclass(frozen=True, kw_only=True)
class ProcessStarted(RunningProcessEvent):
    """A process was started."""

    name = 'launch.events.process.ProcessStarted'


@dataclass(frozen=True, kw_only=True)
class ProcessExited(RunningProcessEvent):
    """A process ended; a negative return code is the signal that ended it."""

    name = 'launch.events.process.ProcessExited'
    returncode: int


@dataclass(frozen=True, kw_only=True)
class ProcessIO(RunningProcessEvent):
    """A process wrote some bytes, not necessarily a whole line."""

    name = 'launch.events.process.ProcessIO'
    text: bytes
    fd: int

    @property
    def from_stdout(self) -> bool:
        """Whether it was written to the standard output."""
        return self.fd == 1

    @property
    def from_stderr(self) -> bool:
        """Whether it was written to the standard error."""
        return self.fd == 2


@dataclass(frozen=True, kw_only=True)
class ProcessTargetedEvent(Event):
    """Something asked of the processes whose action the matcher accepts."""

    name = 'launch.events.process.ProcessTargetedEvent'
    process_matcher: Callable[[ExecuteProcess], bool]


@dataclass(frozen=True, kw_only=True)
class ShutdownProcess(ProcessTargetedEvent):
    """Ask processes to end: SIGINT, later SIGTERM, later SIGKILL."""

    name = 'launch.events.process.ShutdownProcess'


@dataclass(frozen=True, kw_only=True)
class SignalProcess(ProcessTargetedEvent):
    """Send processes a signal."""

    name = 'launch.events.process.SignalProcess'
    signal_number: Union[str, signal_module.Signals]

    @property
    def signal(self) -> signal_module.Signals:
        """The signal to send."""
        if isinstance(self.signal_number, str):
            return signal_module.Signals[self.signal_number]
        return signal_module.Signals(self.signal_number)

    @property
    def signal_name(self) -> str:
        """The name of the signal, e.g. 'SIGINT'."""
        return self.signal.name


def matches_pid(pid: int) -> Callable[[ExecuteProcess], bool]:
    """Return a predicate that holds for the action that runs this process."""
    return lambda action: _detail(action, 'pid') == pid


def matches_name(name: str) -> Callable[[ExecuteProcess], bool]:
    """Return a predicate that holds for the process of this name, e.g. 'talker-1'."""
    return lambda action: _detail(action, 'name') == name


def matches_executable(executable: str) -> Callable[[ExecuteProcess], bool]:
    """Return a predicate that holds for commands whose first word ends with this text."""
    return lambda action: (_detail(action, 'cmd') or [''])[0].endswith(executable)


def _detail(action: ExecuteProcess, key: str):
    return (action.process_details or {}).get(key)
