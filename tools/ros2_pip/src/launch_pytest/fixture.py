"""Fixtures that launch something."""

from __future__ import annotations

import contextlib
import inspect
from typing import Any, Callable, Iterator, Optional

import pytest
from launch import LaunchDescription

from .launch_run import LaunchRun

_ATTRIBUTE = '_launch_fixture'


class LaunchFixture:
    """A launch fixture's settings, and the system it runs at the moment."""

    def __init__(
        self, name: str, scope: str, shutdown_when_idle: bool, auto_shutdown: bool,
    ) -> None:
        self.name = name
        self.scope = scope
        self.active: Optional[LaunchRun] = None
        self._options = {
            'shutdown_when_idle': shutdown_when_idle, 'auto_shutdown': auto_shutdown}

    @staticmethod
    def of(definition: Any) -> Optional[LaunchFixture]:
        """Return what belongs to a decorated function, None if it is no launch fixture."""
        return getattr(definition, _ATTRIBUTE, None)

    @contextlib.contextmanager
    def launched(self, value: Any) -> Iterator[None]:
        """Launch the description that the fixture gave."""
        description = value
        if isinstance(value, (list, tuple)) and value:
            description = value[0]
        assert isinstance(description, LaunchDescription), (
            f"launch_pytest fixture '{self.name}': return value must be either a launch "
            'description or a sequence which first item is a launch description')
        self.active = LaunchRun(**self._options)
        try:
            with self.active.launched(description):
                yield
        finally:
            self.active = None


def fixture(
    decorated: Optional[Callable[..., Any]] = None,
    *,
    scope: str = 'function',
    shutdown_when_idle: bool = True,
    auto_shutdown: bool = True,
    **kwargs: Any,
) -> Any:
    """Make a fixture of a function that returns a launch description.

    It may return a sequence instead, of which the description is the first item. The system
    is launched before the tests that use the fixture, and shut down after them; without
    `auto_shutdown` it is to end by itself. Other arguments are those of `pytest.fixture`.
    """
    def decorate(function: Callable[..., Any]) -> Any:
        name = kwargs.get('name') or function.__name__
        launch_fixture = LaunchFixture(name, scope, shutdown_when_idle, auto_shutdown)
        definition = pytest.fixture(scope=scope, **kwargs)(_launching(function, launch_fixture))
        setattr(definition, _ATTRIBUTE, launch_fixture)
        return definition

    return decorate if decorated is None else decorate(decorated)


def _launching(function: Callable[..., Any], launch_fixture: LaunchFixture) -> Any:
    """Return the function that pytest is given: with the system running while it yields."""
    as_context = contextlib.contextmanager(
        function if inspect.isgeneratorfunction(function) else _yielding(function))

    def launching(*args: Any, **kwargs: Any) -> Iterator[Any]:
        with as_context(*args, **kwargs) as value, launch_fixture.launched(value):
            yield value

    launching.__name__ = function.__name__
    launching.__doc__ = function.__doc__
    launching.__module__ = function.__module__
    launching.__signature__ = inspect.signature(function)
    return launching


def _yielding(function: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
    def yielding(*args: Any, **kwargs: Any) -> Iterator[Any]:
        yield function(*args, **kwargs)

    return yielding
