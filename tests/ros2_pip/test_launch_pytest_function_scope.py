"""Launch tests that each have a system of their own."""

import sys

import launch
import launch_pytest
import pytest
from launch.actions import ExecuteProcess, TimerAction
from launch_pytest.tools import process as tools

CODE = '''
import sys, time
print('hello')
print('complaint', file=sys.stderr)
time.sleep(60)
'''


@pytest.fixture
def talker():
    return ExecuteProcess(cmd=[sys.executable, '-u', '-c', CODE], cached_output=True)


@launch_pytest.fixture
def bringup(talker):
    return launch.LaunchDescription([talker, launch_pytest.actions.ReadyToTest()])


@pytest.mark.launch(fixture=bringup)
def test_output(talker, launch_context):
    assert tools.wait_for_output_sync(
        launch_context, talker, lambda text: text == 'hello\n', timeout=20)
    assert tools.wait_for_stderr_sync(
        launch_context, talker, lambda text: 'complaint' in text, timeout=20)
    assert not tools.wait_for_output_sync(launch_context, talker, lambda text: False, timeout=0.1)


@pytest.mark.launch(fixture=bringup)
def test_asserted_output(talker, launch_context):
    def is_hello(text):
        assert text == 'hello\n'

    def is_nothing(text):
        assert text is None, 'on purpose'

    tools.assert_output_sync(launch_context, talker, is_hello, timeout=20)
    with pytest.raises(AssertionError, match='on purpose'):
        tools.assert_output_sync(launch_context, talker, is_nothing, timeout=0.1)
    with pytest.raises(AssertionError, match='on purpose'):
        tools.assert_stderr_sync(launch_context, talker, is_nothing, timeout=0.1)


@pytest.mark.launch(fixture=bringup)
async def test_coroutine(talker, launch_context):
    assert await tools.wait_for_output(
        launch_context, talker, lambda text: 'hello' in text, timeout=20)
    assert await tools.wait_for_stderr(
        launch_context, talker, lambda text: 'complaint' in text, timeout=20)
    assert not await tools.wait_for_exit(launch_context, talker, timeout=0.1)
    with pytest.raises(AssertionError):
        def fail(text):
            assert not text
        await tools.assert_output(launch_context, talker, fail, timeout=0.1)


@pytest.mark.launch(fixture=bringup)
def test_exit(talker, launch_context, launch_service):
    assert tools.wait_for_output_sync(launch_context, talker, bool, timeout=20)
    assert not tools.wait_for_exit_sync(launch_context, talker, timeout=0.1)
    assert talker.return_code is None
    assert launch_service.context is launch_context
    yield
    assert talker.return_code == -2
    assert launch_service.event_loop is None


@pytest.mark.launch(fixture=bringup)
async def test_exit_of_a_coroutine(talker, launch_context):
    assert await tools.wait_for_output(launch_context, talker, bool, timeout=20)
    yield
    assert talker.return_code == -2


@pytest.mark.launch(fixture=bringup, shutdown=True)
def test_after_shutdown(talker):
    assert talker.return_code is not None


@pytest.mark.launch(fixture=bringup, shutdown=True)
async def test_coroutine_after_shutdown(talker):
    assert talker.return_code is not None


@pytest.mark.parametrize('number', [1, 2])
@pytest.mark.launch(fixture=bringup)
def test_parameters(number, talker):
    assert number in (1, 2)



@launch_pytest.fixture
def ends_by_itself():
    process = ExecuteProcess(cmd=['sleep', '1'])
    late = TimerAction(period=0.2, actions=[launch_pytest.actions.ReadyToTest()])
    return launch.LaunchDescription([process, late]), process


@pytest.mark.launch(fixture=ends_by_itself)
def test_fixture_may_return_more_and_the_test_waits_until_ready(ends_by_itself, launch_context):
    description, process = ends_by_itself
    assert isinstance(description, launch.LaunchDescription)
    assert 'pid' in process.process_details
    assert tools.wait_for_exit_sync(launch_context, process, timeout=20)
    assert process.return_code == 0


@launch_pytest.fixture(auto_shutdown=False)
def ends_on_its_own():
    process = ExecuteProcess(cmd=['sleep', '0.5'])
    return launch.LaunchDescription([process]), process


@pytest.mark.launch(fixture=ends_on_its_own, shutdown=True)
def test_without_auto_shutdown_the_end_is_awaited(ends_on_its_own):
    assert ends_on_its_own[1].return_code == 0
