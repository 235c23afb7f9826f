"""Launch tests that share a system."""

import launch
import launch_pytest
import pytest
from launch.actions import ExecuteProcess

ORDER = []


@launch_pytest.fixture(scope='module', params=['a', 'b'])
def bringup(request):
    process = ExecuteProcess(cmd=['sleep', '60'])
    ready = launch_pytest.actions.ReadyToTest()
    return launch.LaunchDescription([process, ready]), process, request.param


def note(name, bringup):
    ORDER.append((bringup[2], name))


@pytest.mark.launch(fixture=bringup, shutdown=True)
def test_first_in_the_file_but_after_shutdown(bringup):
    note('shutdown', bringup)
    assert bringup[1].return_code == -2


@pytest.mark.launch(fixture=bringup)
def test_function(bringup, launch_service):
    note('function', bringup)
    assert bringup[1].return_code is None
    assert launch_service.event_loop is not None


@pytest.mark.launch(fixture=bringup)
def test_generator(bringup):
    note('generator', bringup)
    assert bringup[1].return_code is None
    yield
    note('generator ends', bringup)
    assert bringup[1].return_code == -2


@pytest.mark.launch(fixture=bringup)
async def test_async_generator(bringup):
    note('async generator', bringup)
    yield
    note('async generator ends', bringup)
    assert bringup[1].return_code == -2


@pytest.mark.launch(fixture=bringup)
async def test_coroutine(bringup):
    note('coroutine', bringup)
    assert bringup[1].return_code is None


def test_order():
    running = {'function', 'generator', 'async generator', 'coroutine'}
    after = {'shutdown', 'generator ends', 'async generator ends'}
    for param in 'ab':
        names = [name for p, name in ORDER if p == param]
        assert set(names[:4]) == running
        assert set(names[4:]) == after
    assert [param for param, _ in ORDER] == 7 * ['a'] + 7 * ['b']
