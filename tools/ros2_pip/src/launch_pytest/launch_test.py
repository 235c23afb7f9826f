"""How the kinds of launch tests are run."""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable, Optional

import pytest

from .fixture import LaunchFixture

_END = object()


def is_generator_test(function: Callable[..., Any]) -> bool:
    """Return whether the test goes on after shutdown."""
    return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)


def whole_test(
    function: Callable[..., Any], launch_fixture: LaunchFixture, *, after_shutdown: bool,
) -> Callable[..., None]:
    """Return what runs a function or coroutine, after shutdown if so marked."""
    @functools.wraps(function)
    def run(**kwargs: Any) -> None:
        launch_run = launch_fixture.active
        if after_shutdown:
            launch_run.shutdown()
        if inspect.iscoroutinefunction(function):
            launch_run.loop.run_until_complete(function(**kwargs))
        else:
            launch_run.call(function, **kwargs)

    return _as_plain_function(run)


class GeneratorTest:
    """A test in two parts: what is before its yield, and what is after."""

    def __init__(self, function: Callable[..., Any], launch_fixture: LaunchFixture) -> None:
        self._function = function
        self._launch_fixture = launch_fixture
        self._generator: Optional[Any] = None

    def before(self, **kwargs: Any) -> None:
        """Run the first part."""
        generator = self._function(**kwargs)
        self._advance(generator)
        self._generator = generator

    def after(self, **kwargs: Any) -> None:
        """Shut down and run the second part."""
        if self._generator is None:
            pytest.skip('shutdown test skipped because the test failed before')
        self._launch_fixture.active.shutdown()
        try:
            self._advance(self._generator)
        except (StopIteration, StopAsyncIteration):
            return
        pytest.fail(
            'launch tests using a generator function must stop iteration after yielding once',
            pytrace=False)

    def both(self, **kwargs: Any) -> None:
        """Run both parts."""
        self.before(**kwargs)
        self.after(**kwargs)

    def part(self, name: str) -> Callable[..., None]:
        """Return the method of this name, dressed as the test function."""
        method = getattr(self, name)

        @functools.wraps(self._function)
        def run(**kwargs: Any) -> None:
            method(**kwargs)

        return _as_plain_function(run)

    def _advance(self, generator: Any) -> None:
        launch_run = self._launch_fixture.active
        if inspect.isasyncgen(generator):
            launch_run.loop.run_until_complete(generator.__anext__())
        elif launch_run.call(next, generator, _END) is _END:
            raise StopIteration


def _as_plain_function(run: Callable[..., None]) -> Callable[..., None]:
    """Keep the signature, but hide that a coroutine or generator is behind."""
    run.__signature__ = inspect.signature(run)
    del run.__wrapped__
    return run
