"""Where launch and the processes it starts write to.

The screen is the standard output of launch, for what processes write to their standard
error too; the log is one file, `launch.log`, in a new directory for each run.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Optional

_MESSAGE = '[{levelname}] [{name}]: {message}'
_DESTINATIONS = {
    'screen': {'stdout': {'screen'}, 'stderr': {'screen'}},
    'log': {'stdout': {'log'}, 'stderr': {'log', 'screen'}},
    'both': {'stdout': {'log', 'screen'}, 'stderr': {'log', 'screen'}},
}


class _ScreenHandler(logging.StreamHandler):
    """Writes to whatever `sys.stdout` is at the time (pytest exchanges it)."""

    @property
    def stream(self):
        return sys.stdout

    @stream.setter
    def stream(self, stream) -> None:
        pass


class LaunchConfig:
    """Verbosity, and the directory of the log file."""

    level: int = logging.INFO

    @cached_property
    def log_dir(self) -> str:
        """A new directory under $ROS_LOG_DIR, $ROS_HOME/log or ~/.ros/log."""
        home = Path(os.environ.get('ROS_HOME') or '~/.ros')
        base = Path(os.environ.get('ROS_LOG_DIR') or home / 'log').expanduser()
        stamp = datetime.now().strftime('%Y-%m-%d-%H-%M-%S-%f')
        path = base / f'{stamp}-{socket.gethostname()}-{os.getpid()}'
        path.mkdir(parents=True)
        _point_latest_at(path)
        return str(path)

    def file_handler(self, line_format: str) -> logging.Handler:
        """Return a handler that appends to the log file."""
        handler = logging.FileHandler(
            os.path.join(self.log_dir, 'launch.log'), encoding='utf-8', delay=True)
        handler.setFormatter(logging.Formatter(line_format, style='{'))
        return handler


launch_config = LaunchConfig()


def _point_latest_at(path: Path) -> None:
    """Renew the link `latest` beside the directory; whatever else is there stays."""
    latest = path.parent / 'latest'
    try:
        if latest.is_symlink():
            latest.unlink()
        latest.symlink_to(path, target_is_directory=True)
    except OSError:
        pass


def get_logger(name: Optional[str] = None) -> logging.Logger:
    """Return the logger for launch's own messages."""
    logger = logging.getLogger(name or 'launch')
    if not logger.handlers:
        logger.addHandler(_screen_handler(_MESSAGE))
        logger.addHandler(launch_config.file_handler('{created:.7f} ' + _MESSAGE))
        logger.propagate = False
    logger.setLevel(launch_config.level)
    return logger


def get_output_loggers(
    process_name: str, output_config: str,
) -> tuple[logging.Logger, logging.Logger]:
    """Return the loggers for what a process writes to its stdout and stderr."""
    if output_config not in _DESTINATIONS:
        raise ValueError(
            f'{output_config} is not a valid standard output config '
            'i.e. "screen", "log" or "both"')
    destinations = _DESTINATIONS[output_config]
    return (
        _output_logger(f'{process_name}-stdout', destinations['stdout']),
        _output_logger(f'{process_name}-stderr', destinations['stderr']),
    )


def _output_logger(name: str, destinations: set[str]) -> logging.Logger:
    logger = logging.getLogger(name)
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.handlers.clear()
    if 'screen' in destinations:
        logger.addHandler(_screen_handler('{message}'))
    if 'log' in destinations:
        logger.addHandler(launch_config.file_handler('{created:.7f} {message}'))
    return logger


def _screen_handler(line_format: str) -> logging.Handler:
    handler = _ScreenHandler()
    handler.setFormatter(logging.Formatter(line_format, style='{'))
    return handler


def log_launch_config(*, logger: logging.Logger) -> None:
    """Tell where the log files are and how verbose they are."""
    logger.info('All log files can be found below %s', launch_config.log_dir)
    level = logging.getLevelName(launch_config.level)
    logger.info('Default logging verbosity is set to %s', level)
