"""Launch tests that share a system."""

import launch
import launch_pytest
import pytest
from launch.actions import ExecuteProcess

ORDER = []


@launch_pytest.fixture(scope='module')
def bringup():
    process = ExecuteProcess(cmd=['sleep', '60'])
    ready = launch_pytest.actions.ReadyToTest()
    return launch.LaunchDescription([process, ready]), process


@pytest.mark.launch(fixture=bringup, shutdown=True)
def test_first_in_the_file_but_after_shutdown(bringup):
    ORDER.append('shutdown')
    assert bringup[1].return_code == -2


@pytest.mark.launch(fixture=bringup)
def test_function(bringup, launch_service):
    ORDER.append('function')
    assert bringup[1].return_code is None
    assert launch_service.event_loop is not None


@pytest.mark.launch(fixture=bringup)
def test_generator(bringup):
    ORDER.append('generator')
    assert bringup[1].return_code is None
    yield
    ORDER.append('generator ends')
    assert bringup[1].return_code == -2


@pytest.mark.launch(fixture=bringup)
async def test_async_generator(bringup):
    ORDER.append('async generator')
    yield
    ORDER.append('async generator ends')
    assert bringup[1].return_code == -2


@pytest.mark.launch(fixture=bringup)
async def test_coroutine(bringup):
    ORDER.append('coroutine')
    assert bringup[1].return_code is None


def test_order():
    assert set(ORDER[:4]) == {'function', 'generator', 'async generator', 'coroutine'}
    assert set(ORDER[4:]) == {'shutdown', 'generator ends', 'async generator ends'}
