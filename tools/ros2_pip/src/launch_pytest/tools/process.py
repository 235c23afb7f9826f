"""Waiting for what processes do.

Each function comes as a coroutine and, with `_sync`, for tests that are plain functions. They
return whether it happened within the timeout (in seconds; None waits forever). Output can only
be waited for where the action has `cached_output`.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

from launch import LaunchContext
from launch.actions import ExecuteProcess
from launch.event_handlers import OnProcessExit, OnProcessIO, OnProcessStart

from ._watch import Condition, HandlerFactory, wait_async, wait_sync

Validate = Callable[[str], Any]
Timeout = Optional[float]


async def wait_for_output(
    launch_context: LaunchContext,
    execute_process_action: ExecuteProcess,
    validate_output: Validate,
    timeout: Timeout = None,
) -> bool:
    """Wait until `validate_output`, given all of stdout, returns true."""
    return await wait_async(
        launch_context, _on_stdout(execute_process_action),
        lambda: bool(validate_output(execute_process_action.get_stdout())), timeout)


def wait_for_output_sync(
    launch_context: LaunchContext,
    execute_process_action: ExecuteProcess,
    validate_output: Validate,
    timeout: Timeout = None,
) -> bool:
    """Wait until `validate_output`, given all of stdout, returns true."""
    return wait_sync(
        launch_context, _on_stdout(execute_process_action),
        lambda: bool(validate_output(execute_process_action.get_stdout())), timeout)


async def assert_output(
    launch_context: LaunchContext,
    execute_process_action: ExecuteProcess,
    validate_output: Validate,
    timeout: Timeout = None,
) -> None:
    """Wait until `validate_output`, given all of stdout, raises no AssertionError."""
    if not await wait_async(
            launch_context, _on_stdout(execute_process_action),
            lambda: _accepts(validate_output, execute_process_action.get_stdout()), timeout):
        validate_output(execute_process_action.get_stdout())


def assert_output_sync(
    launch_context: LaunchContext,
    execute_process_action: ExecuteProcess,
    validate_output: Validate,
    timeout: Timeout = None,
) -> None:
    """Wait until `validate_output`, given all of stdout, raises no AssertionError."""
    if not wait_sync(
            launch_context, _on_stdout(execute_process_action),
            lambda: _accepts(validate_output, execute_process_action.get_stdout()), timeout):
        validate_output(execute_process_action.get_stdout())


async def wait_for_stderr(
    launch_context: LaunchContext,
    execute_process_action: ExecuteProcess,
    validate_output: Validate,
    timeout: Timeout = None,
) -> bool:
    """Wait until `validate_output`, given all of stderr, returns true."""
    return await wait_async(
        launch_context, _on_stderr(execute_process_action),
        lambda: bool(validate_output(execute_process_action.get_stderr())), timeout)


def wait_for_stderr_sync(
    launch_context: LaunchContext,
    execute_process_action: ExecuteProcess,
    validate_output: Validate,
    timeout: Timeout = None,
) -> bool:
    """Wait until `validate_output`, given all of stderr, returns true."""
    return wait_sync(
        launch_context, _on_stderr(execute_process_action),
        lambda: bool(validate_output(execute_process_action.get_stderr())), timeout)


async def assert_stderr(
    launch_context: LaunchContext,
    execute_process_action: ExecuteProcess,
    validate_output: Validate,
    timeout: Timeout = None,
) -> None:
    """Wait until `validate_output`, given all of stderr, raises no AssertionError."""
    if not await wait_async(
            launch_context, _on_stderr(execute_process_action),
            lambda: _accepts(validate_output, execute_process_action.get_stderr()), timeout):
        validate_output(execute_process_action.get_stderr())


def assert_stderr_sync(
    launch_context: LaunchContext,
    execute_process_action: ExecuteProcess,
    validate_output: Validate,
    timeout: Timeout = None,
) -> None:
    """Wait until `validate_output`, given all of stderr, raises no AssertionError."""
    if not wait_sync(
            launch_context, _on_stderr(execute_process_action),
            lambda: _accepts(validate_output, execute_process_action.get_stderr()), timeout):
        validate_output(execute_process_action.get_stderr())


async def wait_for_start(
    launch_context: LaunchContext,
    execute_process_action: ExecuteProcess,
    timeout: Timeout = None,
) -> bool:
    """Wait until the process starts, or find that it has."""
    make_handler, happened = _on_start(execute_process_action)
    return await wait_async(launch_context, make_handler, happened, timeout)


def wait_for_start_sync(
    launch_context: LaunchContext,
    execute_process_action: ExecuteProcess,
    timeout: Timeout = None,
) -> bool:
    """Wait until the process starts, or find that it has."""
    make_handler, happened = _on_start(execute_process_action)
    return wait_sync(launch_context, make_handler, happened, timeout)


async def wait_for_exit(
    launch_context: LaunchContext,
    execute_process_action: ExecuteProcess,
    timeout: Timeout = None,
) -> bool:
    """Wait until the process exits, or find that it has."""
    make_handler, happened = _on_exit(execute_process_action)
    return await wait_async(launch_context, make_handler, happened, timeout)


def wait_for_exit_sync(
    launch_context: LaunchContext,
    execute_process_action: ExecuteProcess,
    timeout: Timeout = None,
) -> bool:
    """Wait until the process exits, or find that it has."""
    make_handler, happened = _on_exit(execute_process_action)
    return wait_sync(launch_context, make_handler, happened, timeout)


def _accepts(validate_output: Validate, text: str) -> bool:
    try:
        validate_output(text)
    except AssertionError:
        return False
    return True


def _on_stdout(action: ExecuteProcess) -> HandlerFactory:
    return lambda wake: OnProcessIO(target_action=action, on_stdout=lambda _: wake())


def _on_stderr(action: ExecuteProcess) -> HandlerFactory:
    return lambda wake: OnProcessIO(target_action=action, on_stderr=lambda _: wake())


def _on_start(action: ExecuteProcess) -> tuple[HandlerFactory, Condition]:
    return (
        lambda wake: OnProcessStart(target_action=action, on_start=lambda *_: wake()),
        lambda: 'pid' in (action.process_details or {}))


def _on_exit(action: ExecuteProcess) -> tuple[HandlerFactory, Condition]:
    return (
        lambda wake: OnProcessExit(target_action=action, on_exit=lambda *_: wake()),
        lambda: action.return_code is not None)
