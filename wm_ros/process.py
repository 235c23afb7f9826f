"""How every node of this package runs: one thread of callbacks, clean signals, exceptions that do not end it."""

from __future__ import annotations

import signal
import sys
import threading
import time
import traceback
from typing import Any, Callable, Protocol, Sequence, cast

import rclpy
from rclpy.executors import Executor, ExternalShutdownException
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from wm_ros.executor import executor_of

BAD_INPUT = 2
"""Exit code for a configuration that cannot work."""


# s; a terminal and a launcher may both send SIGINT for one Ctrl-C
_PATIENCE = 2.0


class StartupError(Exception):
    """The node cannot start with what it was given; the text is for the person who started it."""


class Runnable(Protocol):
    """What `run` needs of a node."""

    def get_logger(self) -> Any:
        """rclpy's own."""

    def destroy_node(self) -> None:
        """rclpy's own."""

    def failed(self, error: Exception) -> None:
        """A callback raised."""

    def close(self) -> None:
        """SIGINT or SIGTERM came: bring the arm to rest and stop threads."""


def run(make_node: Callable[[], Runnable], args: Sequence[str] | None = None) -> int:
    """Spins the node until SIGINT or SIGTERM. -> exit code."""
    stopping = threading.Event()
    _stop_on_signals(stopping)
    # rclpy's own handlers would shut the context down before the arm could be told to stop.
    rclpy.init(args=list(args) if args is not None else sys.argv, signal_handler_options=SignalHandlerOptions.NO)
    try:
        node = make_node()
    except StartupError as error:
        rclpy.logging.get_logger("wm_ros").fatal(str(error))
        rclpy.try_shutdown()
        return BAD_INPUT
    executor = executor_of(cast(Node, node))
    try:
        _spin(executor, node, stopping)
        # A second signal (the terminal's and the launcher's both arrive) must not kill us on the way out.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        node.close()
    finally:
        executor.shutdown(timeout_sec=1.0)
        node.destroy_node()
        rclpy.try_shutdown()
    return 0


def _stop_on_signals(stopping: threading.Event) -> None:
    """The first signal ends the spinning; one that comes _PATIENCE later breaks off the callback that hinders it."""
    first: list[float] = []

    def on_signal(*_: object) -> None:
        if first and time.monotonic() - first[0] > _PATIENCE:
            raise SystemExit(0)
        first.append(time.monotonic())
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)


def _spin(executor: Executor, node: Runnable, stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            executor.spin_once(timeout_sec=0.1)
        except ExternalShutdownException:
            return
        except Exception as error:  # whatever a callback raised: the node says so and lives on
            node.get_logger().error(f"exception in a callback: {error}\n{traceback.format_exc()}")
            node.failed(error)
