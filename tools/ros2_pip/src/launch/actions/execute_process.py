"""Running a process."""

from __future__ import annotations

import asyncio
import itertools
import os
import traceback
from typing import Any, Iterable, Optional, Union

from .. import logging
from .._child_process import ChildProcess
from .._process_output import ProcessOutput
from .._stop_sequence import StopSequence
from ..action import Action
from ..conditions import evaluate_condition_expression
from ..event import Event
from ..event_handler import EventHandler
from ..event_handlers import OnProcessExit, OnShutdown
from ..event_handlers.on_action_event_base import OnEvent
from ..events import Shutdown
from ..events.process import (
    ProcessExited,
    ProcessIO,
    ProcessStarted,
    ShutdownProcess,
    SignalProcess,
)
from ..launch_context import LaunchContext
from ..launch_description_entity import LaunchDescriptionEntity
from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..substitutions import LaunchConfiguration
from ..utilities import normalize_to_list_of_substitutions, perform, perform_substitutions
from .opaque_function import OpaqueFunction

_counter = itertools.count(1)

Environment = dict[SomeSubstitutionsType, SomeSubstitutionsType]


class ExecuteProcess(Action):
    """Starts a process, logs its output, and ends it at shutdown.

    At shutdown the process gets SIGINT (unless the terminal already sent it), after
    `sigterm_timeout` seconds SIGTERM, and after another `sigkill_timeout` SIGKILL.
    """

    def __init__(
        self, *,
        cmd: Iterable[SomeSubstitutionsType],
        name: Optional[SomeSubstitutionsType] = None,
        cwd: Optional[SomeSubstitutionsType] = None,
        env: Optional[Environment] = None,
        additional_env: Optional[Environment] = None,
        output: SomeSubstitutionsType = 'log',
        cached_output: bool = False,
        on_exit: Optional[OnEvent] = None,
        respawn: Union[bool, Substitution, Iterable[Substitution]] = False,
        respawn_delay: Optional[float] = None,
        respawn_max_retries: int = -1,
        sigterm_timeout: SomeSubstitutionsType = LaunchConfiguration(
            'sigterm_timeout', default=5),
        sigkill_timeout: SomeSubstitutionsType = LaunchConfiguration(
            'sigkill_timeout', default=5),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(respawn, str):
            raise TypeError(f"respawn='{respawn}' is not an instance of bool")
        self.cmd = [normalize_to_list_of_substitutions(part) for part in cmd]
        self.process_details: Optional[dict[str, Any]] = None
        self.return_code: Optional[int] = None
        self._name = name
        self._cwd = cwd
        self._env = env
        self._additional_env = additional_env
        self._output = os.environ.get('OVERRIDE_LAUNCH_PROCESS_OUTPUT', output)
        self._cached_output = cached_output
        self._on_exit = on_exit
        self._respawn = str(respawn) if isinstance(respawn, bool) else respawn
        self._respawn_delay = respawn_delay or 0.0
        self._respawn_max_retries = respawn_max_retries
        self._timeouts = (sigterm_timeout, sigkill_timeout)
        self._stop_sequence: Optional[StopSequence] = None
        self._task: Optional[asyncio.Task] = None
        self._streams: dict[int, ProcessOutput] = {}

    # What others may ask

    def get_stdout(self) -> str:
        """Return all that was written to stdout; needs `cached_output`."""
        return self._cached_text(1)

    def get_stderr(self) -> str:
        """Return all that was written to stderr; needs `cached_output`."""
        return self._cached_text(2)

    def get_asyncio_future(self) -> Optional[asyncio.Future]:
        return self._task

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        return self._on_exit if isinstance(self._on_exit, list) else []

    def _cached_text(self, fd: int) -> str:
        if not self._cached_output:
            raise RuntimeError(f"cached output must be true to read it, proc '{self._name}'")
        return self._streams[fd].text if self._streams else ''

    # Start

    def execute(self, context: LaunchContext) -> None:
        if self.process_details is not None:
            raise RuntimeError(
                f"ExecuteProcess action '{self.process_details['name']}': executed more than once")
        self.process_details = self._resolve_details(context)
        if context.is_shutdown:
            return
        self._prepare_output(context)
        self._resolved_timeouts = [perform(context, timeout) for timeout in self._timeouts]
        self._retries_left = self._resolve_retries(context)
        self._stopping = asyncio.Event()
        self._started = asyncio.Event()
        self._register_event_handlers(context)
        self._task = context.asyncio_loop.create_task(self._run(context))

    def _resolve_details(self, context: LaunchContext) -> dict[str, Any]:
        cmd = [perform_substitutions(context, part) for part in self.cmd]
        name = os.path.basename(cmd[0]) if self._name is None else perform(context, self._name)
        env = dict(context.environment) if self._env is None else {}
        for key, value in {**(self._env or {}), **(self._additional_env or {})}.items():
            env[perform(context, key)] = perform(context, value)
        return {
            'action': self,
            'name': f'{name}-{next(_counter)}',
            'cmd': cmd,
            'cwd': None if self._cwd is None else perform(context, self._cwd),
            'env': env,
        }

    def _prepare_output(self, context: LaunchContext) -> None:
        name = self.process_details['name']
        self._logger = logging.get_logger(name)
        loggers = logging.get_output_loggers(name, perform(context, self._output))
        self._streams = {
            fd: ProcessOutput(logger, name, self._cached_output)
            for fd, logger in enumerate(loggers, start=1)}

    def _resolve_retries(self, context: LaunchContext) -> float:
        """Return how often the process may be started again."""
        respawn = normalize_to_list_of_substitutions(self._respawn)
        if not evaluate_condition_expression(context, respawn):
            return 0
        return float('inf') if self._respawn_max_retries < 0 else self._respawn_max_retries

    def _register_event_handlers(self, context: LaunchContext) -> None:
        def on(event_type: type[Event], function: Any) -> EventHandler:
            return EventHandler(
                matcher=lambda e: isinstance(e, event_type) and e.process_matcher(self),
                entities=OpaqueFunction(function=function))

        context.register_event_handler(on(ShutdownProcess, self._on_shutdown_process))
        context.register_event_handler(on(SignalProcess, self._on_signal_process))
        context.register_event_handler(OnShutdown(on_shutdown=self._on_shutdown))
        if self._on_exit is not None:
            context.register_event_handler(
                OnProcessExit(target_action=self, on_exit=self._on_exit))

    # Run

    async def _run(self, context: LaunchContext) -> None:
        """Run the process, again as long as it is to be respawned."""
        while await self._run_once(context) and not self._stopping.is_set():
            if context.is_shutdown or self._retries_left <= 0:
                return
            self._retries_left -= 1
            if await _happens(self._stopping, within=self._respawn_delay):
                return

    async def _run_once(self, context: LaunchContext) -> bool:
        """Run the process once; False if it could not be started."""
        self.return_code = None
        self._started.clear()
        try:
            child = await ChildProcess.start(
                self.process_details['cmd'],
                cwd=self.process_details['cwd'],
                env=self.process_details['env'],
                on_start=lambda pid: self._on_start(context, pid),
                on_output=lambda fd, data: self._on_output(context, fd, data))
        except Exception:
            self._logger.error(
                'exception occurred while executing process:\n%s', traceback.format_exc())
            return False
        self._stop_sequence = StopSequence(
            self.process_details['name'], child, self._logger, *self._resolved_timeouts)
        self._started.set()
        try:
            self._on_end(context, await child.wait())
        finally:
            child.close()
        return True

    def _on_start(self, context: LaunchContext, pid: int) -> None:
        self.process_details['pid'] = pid
        self._logger.info('process started with pid [%d]', pid)
        context.emit_event_sync(ProcessStarted(**self._event_fields()))

    def _on_output(self, context: LaunchContext, fd: int, data: bytes) -> None:
        self._streams[fd].write(data)
        context.emit_event_sync(ProcessIO(text=data, fd=fd, **self._event_fields()))

    def _on_end(self, context: LaunchContext, return_code: int) -> None:
        self.return_code = return_code
        for stream in self._streams.values():
            stream.flush()
        pid = self.process_details['pid']
        if return_code == 0:
            self._logger.info('process has finished cleanly [pid %d]', pid)
        else:
            cmd = ' '.join(part for part in self.process_details['cmd'] if part.strip())
            self._logger.error(
                "process has died [pid %d, exit code %d, cmd '%s'].", pid, return_code, cmd)
        context.emit_event_sync(ProcessExited(returncode=return_code, **self._event_fields()))

    def _event_fields(self) -> dict[str, Any]:
        fields = dict(self.process_details)
        fields['process_name'] = fields.pop('name')
        return fields

    # Stop

    def _on_shutdown(self, event: Shutdown, context: LaunchContext) -> None:
        self._stop(context, send_sigint=not event.due_to_sigint or context.noninteractive)

    def _on_shutdown_process(self, context: LaunchContext) -> None:
        self._stop(context, send_sigint=True)

    def _on_signal_process(self, context: LaunchContext) -> None:
        if self._stop_sequence is None:
            raise RuntimeError('Signal event received before the process was started.')
        if self.return_code is None:
            self._stop_sequence.signal(context.locals.event.signal)

    def _stop(self, context: LaunchContext, *, send_sigint: bool) -> None:
        if self._stopping.is_set() or self._task.done():
            return
        self._stopping.set()
        context.add_completion_future(
            context.asyncio_loop.create_task(self._stop_when_started(send_sigint)))

    async def _stop_when_started(self, send_sigint: bool) -> None:
        """End the process, also one that is just being started."""
        started = asyncio.ensure_future(self._started.wait())
        await asyncio.wait([started, self._task], return_when=asyncio.FIRST_COMPLETED)
        started.cancel()
        if not self._task.done() and self.return_code is None:
            await self._stop_sequence.run(send_sigint=send_sigint)


async def _happens(event: asyncio.Event, *, within: float) -> bool:
    """Return whether the event is set within some seconds."""
    try:
        await asyncio.wait_for(event.wait(), within)
    except asyncio.TimeoutError:
        return False
    return True
