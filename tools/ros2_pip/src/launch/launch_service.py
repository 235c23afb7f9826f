"""Running what is described."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from signal import SIGINT, SIGQUIT, SIGTERM, Signals
from typing import Awaitable, Iterable, Iterator, Optional

from . import logging
from ._signals import handle_signals
from .event import Event
from .event_handlers import OnShutdown
from .events import FutureDone, Shutdown, VisitEntities
from .launch_context import LaunchContext
from .launch_description import LaunchDescription
from .launch_description_entity import LaunchDescriptionEntity
from .utilities import normalize_to_list_of_entities


class LaunchService:
    """Visits launch descriptions, handles events, and shuts down when all is done.

    SIGINT shuts down in order. So does SIGTERM, with a non-zero return code; a second
    SIGTERM kills what still runs. No process that was started is left behind.
    """

    def __init__(
        self, *,
        argv: Optional[Iterable[str]] = None,
        noninteractive: bool = False,
        debug: bool = False,
    ) -> None:
        logging.launch_config.level = 10 if debug else 20
        self._debug = debug
        self._logger = logging.get_logger('launch')
        self._context = LaunchContext(argv=argv, noninteractive=noninteractive)
        self._context.register_event_handler(OnShutdown(on_shutdown=self._on_shutdown))
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._task: Optional[asyncio.Task] = None
        self._shutting_down = False
        self._return_code = 0

    @property
    def context(self) -> LaunchContext:
        """The launch context."""
        return self._context

    @property
    def event_loop(self) -> Optional[asyncio.AbstractEventLoop]:
        """The loop this service runs in, None while it does not run."""
        return self._loop

    @property
    def task(self) -> Optional[asyncio.Task]:
        """The task of `run_async`."""
        return self._task

    def include_launch_description(self, launch_description: LaunchDescription) -> None:
        """Have a description visited, now or once the service runs. Thread-safe."""
        self.emit_event(VisitEntities(entities=[launch_description]))

    def emit_event(self, event: Event) -> None:
        """Emit an event, now or once the service runs. Thread-safe."""
        self._in_loop(lambda: self._context.emit_event_sync(event))

    def shutdown(self, force_sync: bool = False) -> Optional[Awaitable[None]]:
        """Shut down; does nothing if the service does not run. Thread-safe."""
        if self._loop is None:
            return None
        self._in_loop(lambda: self._shut_down('LaunchService.shutdown() called'))
        return None if force_sync else _done_if_in_loop()

    def run(self, *, shutdown_when_idle: bool = True) -> int:
        """Run until shut down; return 0, or 1 if something went wrong."""
        return asyncio.run(self.run_async(shutdown_when_idle=shutdown_when_idle))

    async def run_async(self, *, shutdown_when_idle: bool = True) -> int:
        """Run within a running loop, in the main thread; see `run`."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError('LaunchService can only be run in the main thread.')
        with self._running(), handle_signals(self._loop, self._signal_callbacks()):
            logging.log_launch_config(logger=self._logger)
            try:
                while not (self._shutting_down and self._is_idle()):
                    if shutdown_when_idle and self._is_idle():
                        self._shut_down('idle')
                    await self._process_next_event()
            except asyncio.CancelledError:
                self._logger.error('run task was canceled')
                self._return_code = 1
            finally:
                await self._abandon_pending()
        return self._return_code

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        if self._loop is not None:
            raise RuntimeError('LaunchService cannot be run multiple times concurrently.')
        self._loop = self._context.asyncio_loop = asyncio.get_running_loop()
        self._loop.set_debug(self._debug)
        self._task = asyncio.current_task()
        try:
            yield
        finally:
            self._loop = self._context.asyncio_loop = None
            self._shutting_down = False

    def _is_idle(self) -> bool:
        return not self._context.pending_futures and self._context.event_queue.empty()

    async def _process_next_event(self) -> None:
        event = await self._context.event_queue.get()
        self._logger.debug("processing event: '%s'", event)
        if isinstance(event, FutureDone):
            with self._failure_shuts_down():
                self._check(event.future)
        elif isinstance(event, VisitEntities):
            with self._failure_shuts_down(), self._context.local_scope():
                self._context.extend_locals(event.context_locals)
                self._visit_all(event.entities)
        else:
            for handler in tuple(self._context.event_handlers):
                with self._failure_shuts_down(), self._context.local_scope():
                    if handler.matches(event):
                        entities = handler.handle(event, self._context)
                        self._visit_all(normalize_to_list_of_entities(entities))

    @contextlib.contextmanager
    def _failure_shuts_down(self) -> Iterator[None]:
        """Shut down on an exception; other handlers still run, so that all processes end."""
        try:
            yield
        except Exception as error:
            message = f'Caught exception in launch (see debug for traceback): {error}'
            self._logger.debug('traceback:', exc_info=True)
            self._logger.error(message)
            self._return_code = 1
            self._shut_down(message)

    @staticmethod
    def _check(future: asyncio.Future) -> None:
        """Raise the exception that ended the future, if any."""
        if not future.cancelled():
            future.result()

    def _visit_all(self, entities: Iterable[LaunchDescriptionEntity]) -> None:
        """Visit the entities and all that they yield, depth first."""
        for entity in entities:
            yielded = entity.visit(self._context)
            future = entity.get_asyncio_future()
            if future is not None and not future.done():
                self._context.add_completion_future(future)
            self._visit_all(yielded or ())

    def _shut_down(self, reason: str, *, due_to_sigint: bool = False) -> None:
        if self._shutting_down:
            return
        self._shutting_down = self._context.is_shutdown = True
        self._context.emit_event_sync(Shutdown(reason=reason, due_to_sigint=due_to_sigint))

    def _on_shutdown(self, event: Event, context: LaunchContext) -> None:
        """Take note of a Shutdown event that somebody else emitted."""
        self._shutting_down = context.is_shutdown = True

    def _in_loop(self, function) -> None:
        """Call in the thread of the loop, or at once where that is this thread or none runs."""
        if self._loop is None or threading.current_thread() is threading.main_thread():
            function()
        else:
            self._loop.call_soon_threadsafe(function)

    async def _abandon_pending(self) -> None:
        """Cancel what is unfinished, which kills processes that still run."""
        pending = list(self._context.pending_futures)
        for future in pending:
            future.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    def _signal_callbacks(self) -> dict:
        return {
            SIGINT: self._on_sigint,
            SIGTERM: lambda: self._on_sigterm(SIGTERM),
            SIGQUIT: lambda: self._on_sigterm(SIGQUIT),
        }

    def _on_sigint(self) -> None:
        message = 'user interrupted with ctrl-c (SIGINT)'
        if self._shutting_down:
            message += ' again, ignoring...'
        self._logger.warning(message)
        self._shut_down('ctrl-c (SIGINT)', due_to_sigint=True)

    def _on_sigterm(self, number: Signals) -> None:
        self._logger.error(
            'user interrupted with ctrl-\\ (%s), terminating...', number.name)
        if self._return_code and self._shutting_down:
            self._task.cancel()
        self._return_code = 1
        self._shut_down(number.name)


def _done_if_in_loop() -> Optional[Awaitable[None]]:
    """Return something to await for callers within a loop, None for others."""
    try:
        future = asyncio.get_running_loop().create_future()
    except RuntimeError:
        return None
    future.set_result(None)
    return future
