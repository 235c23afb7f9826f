"""The pytest plugin: collects launch tests, and orders them."""

from __future__ import annotations

import asyncio
from typing import Any, Optional

import pytest
from launch import LaunchContext, LaunchService

from .fixture import LaunchFixture
from .launch_run import LaunchRun
from .launch_test import GeneratorTest, is_generator_test, whole_test

_KEY = pytest.StashKey[tuple]()
_AFTER_SHUTDOWN = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        'markers', 'launch(fixture, shutdown=False): run the test with this launch fixture')


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(
    collector: Any, name: str, obj: Any,
) -> Optional[list[pytest.Item]]:
    """Collect functions, coroutines and generators that are marked as launch tests."""
    if not (callable(obj) and hasattr(obj, '__code__') and collector.funcnamefilter(name)):
        return None
    mark = _launch_mark(collector, obj)
    if mark is None:
        return None
    launch_fixture = LaunchFixture.of(mark.kwargs.get('fixture'))
    if launch_fixture is None:
        reason = '"fixture" keyword argument is required in a pytest.mark.launch() decorator'
        pytest.mark.skip(reason)(obj)
        return list(collector._genfunctions(name, obj))
    pytest.mark.usefixtures(launch_fixture.name)(obj)
    after_shutdown = bool(mark.kwargs.get('shutdown', False))
    if is_generator_test(obj):
        return _collect_generator(collector, name, obj, launch_fixture, after_shutdown)
    items = list(collector._genfunctions(name, obj))
    for item in items:
        run = whole_test(obj, launch_fixture, after_shutdown=after_shutdown)
        _prepare(item, launch_fixture, run, after_shutdown)
    return items


def _collect_generator(
    collector: Any, name: str, obj: Any, launch_fixture: LaunchFixture, after_shutdown: bool,
) -> list[pytest.Item]:
    """Collect one item, or two where other tests may come between the two parts."""
    if after_shutdown:
        raise collector.CollectError(
            f'{name}: generator or async generator based launch test items cannot be marked '
            'with shutdown=True')
    items = list(collector._genfunctions(name, obj))
    tests = [GeneratorTest(obj, launch_fixture) for _ in items]
    if launch_fixture.scope == 'function':
        for item, test in zip(items, tests):
            _prepare(item, launch_fixture, test.part('both'), False)
        return items
    second_items = [_twin(item) for item in items]
    for item, second, test in zip(items, second_items, tests):
        _prepare(item, launch_fixture, test.part('before'), False)
        _prepare(second, launch_fixture, test.part('after'), True)
    return items + second_items


def _twin(item: Any) -> pytest.Item:
    """Return an item for the second part of a test."""
    return pytest.Function.from_parent(
        item.parent,
        name=f'{item.name}[shutdown_test]',
        callspec=getattr(item, 'callspec', None),
        callobj=item.obj,
        fixtureinfo=item._fixtureinfo,
        originalname=item.originalname)


def _prepare(item: Any, launch_fixture: LaunchFixture, run: Any, after_shutdown: bool) -> None:
    item.obj = run
    callspec = getattr(item, 'callspec', None)
    params = callspec.params.get(launch_fixture.name) if callspec else None
    item.stash[_KEY] = (launch_fixture, repr(params))
    item.stash[_AFTER_SHUTDOWN] = after_shutdown


def _launch_mark(collector: Any, obj: Any) -> Optional[pytest.Mark]:
    own = [mark for mark in getattr(obj, 'pytestmark', ()) if mark.name == 'launch']
    return own[-1] if own else collector.get_closest_marker('launch')


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move tests that are to run after shutdown behind the others of the same system."""
    last: dict[tuple, int] = {}
    for index, item in enumerate(items):
        key = item.stash.get(_KEY, None)
        if key is not None and not item.stash[_AFTER_SHUTDOWN]:
            last[key] = index

    def position(indexed: tuple[int, pytest.Item]) -> tuple[int, bool, int]:
        index, item = indexed
        after = item.stash.get(_AFTER_SHUTDOWN, False)
        if after and item.stash[_KEY][0].scope != 'function':
            return max(index, last.get(item.stash[_KEY], index)), True, index
        return index, False, index

    items[:] = [item for _, item in sorted(enumerate(items), key=position)]


def _active_run(request: pytest.FixtureRequest) -> LaunchRun:
    key = request.node.stash.get(_KEY, None)
    if key is None:
        raise pytest.UsageError('only tests marked with pytest.mark.launch can use this fixture')
    request.getfixturevalue(key[0].name)
    return key[0].active


@pytest.fixture
def launch_service(request: pytest.FixtureRequest) -> LaunchService:
    """The launch service of the test."""
    return _active_run(request).service


@pytest.fixture
def launch_context(request: pytest.FixtureRequest) -> LaunchContext:
    """The launch context of the test."""
    return _active_run(request).service.context


@pytest.fixture
def event_loop(request: pytest.FixtureRequest) -> asyncio.AbstractEventLoop:
    """The event loop of the test."""
    return _active_run(request).loop
