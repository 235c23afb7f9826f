"""What launch_pytest makes of tests that go wrong, in a pytest of their own."""

import re
import subprocess
import sys
import textwrap

import launch
import pytest

HEAD = '''
import launch, launch_pytest, pytest
from launch.actions import *
from launch.event_handlers import *

PROCESS = ExecuteProcess(cmd=['sleep', '60'])

@launch_pytest.fixture
def bringup():
    return launch.LaunchDescription([PROCESS])
'''


@pytest.fixture
def outcome(tmp_path):
    """Return a function that runs tests and returns counts and output."""
    def run(body, *, head=HEAD):
        (tmp_path / 'test_it.py').write_text(head + textwrap.dedent(body))
        ran = subprocess.run(
            [sys.executable, '-m', 'pytest', '-p', 'no:cacheprovider', '--timeout=30',
             '-c', '/dev/null', '--rootdir', str(tmp_path), 'test_it.py'],
            cwd=tmp_path, capture_output=True, text=True, timeout=60)
        counts = re.findall(r'(\d+) (passed|failed|errors?|skipped)', ran.stdout.splitlines()[-1])
        return {name.rstrip('s'): int(number) for number, name in counts}, ran.stdout
    return run


KINDS_OF_FAILURE = [
    'def test_it(): assert False',
    'async def test_it(): assert False',
    'def test_it():\n    assert False\n    yield',
    'def test_it():\n    yield\n    assert False',
    'async def test_it():\n    yield\n    assert False',
    'def test_it():\n    yield\n    yield',
    'async def test_it():\n    yield\n    yield',
]


def test_failures_are_failures(outcome):
    counts, _ = outcome(''.join(
        '@launch_pytest.fixture\n'
        f'def bringup_{n}():\n'
        "    return launch.LaunchDescription([ExecuteProcess(cmd=['sleep', '60'])])\n"
        f'@pytest.mark.launch(fixture=bringup_{n})\n{body.replace("test_it", f"test_{n}")}\n'
        for n, body in enumerate(KINDS_OF_FAILURE)))
    assert counts == {'failed': len(KINDS_OF_FAILURE)}


def test_skip(outcome):
    counts, _ = outcome('''
        @pytest.mark.launch(fixture=bringup)
        def test_it():
            pytest.skip('on purpose')
        ''')
    assert counts == {'skipped': 1}


def test_fixture_is_required(outcome):
    counts, output = outcome('''
        @pytest.mark.launch
        def test_it():
            pass
        ''')
    assert counts == {'skipped': 1}


def test_fixture_must_return_a_description(outcome):
    counts, output = outcome('''
        @launch_pytest.fixture
        def wrong():
            return 5

        @pytest.mark.launch(fixture=wrong)
        def test_it():
            pass
        ''')
    assert counts == {'error': 1}
    assert 'return value must be either a launch description' in output


def test_two_ready_actions_are_refused(outcome):
    counts, output = outcome('''
        @launch_pytest.fixture
        def wrong():
            ready = [launch_pytest.actions.ReadyToTest(), launch_pytest.actions.ReadyToTest()]
            return launch.LaunchDescription(ready)

        @pytest.mark.launch(fixture=wrong)
        def test_it():
            pass
        ''')
    assert counts == {'error': 1}
    assert 'only one ReadyToTest action' in output


def test_failing_launch_fails_the_test_after_it(outcome):
    counts, output = outcome('''
        def fail(context):
            raise ValueError('on purpose')

        @launch_pytest.fixture
        def failing():
            return launch.LaunchDescription([
                RegisterEventHandler(OnShutdown(on_shutdown=[OpaqueFunction(function=fail)])),
                PROCESS, launch_pytest.actions.ReadyToTest()])

        @pytest.mark.launch(fixture=failing)
        def test_it():
            pass
        ''')
    assert counts == {'passed': 1, 'error': 1}
    assert "launch service failed when finishing, return code '1'" in output


@pytest.mark.skipif(hasattr(launch, 'frontend'), reason='the real one waits forever')
def test_launch_that_ends_before_it_is_ready_is_an_error(outcome):
    counts, output = outcome('''
        def fail(context):
            raise ValueError('on purpose')

        @launch_pytest.fixture(scope='module')
        def failing():
            return launch.LaunchDescription([
                PROCESS, OpaqueFunction(function=fail), launch_pytest.actions.ReadyToTest()])

        @pytest.mark.launch(fixture=failing)
        def test_one():
            pass

        @pytest.mark.launch(fixture=failing)
        def test_two():
            pass
        ''')
    assert counts == {'error': 2}
    assert 'the launch ended before it was ready to test' in output


def test_no_process_is_left_behind(outcome, is_running):
    counts, output = outcome('''
        @pytest.mark.launch(fixture=bringup)
        def test_it(launch_context):
            while 'pid' not in (PROCESS.process_details or {}):
                pass
            print('pid', PROCESS.process_details['pid'])
            assert False
        ''')
    assert counts == {'failed': 1}
    assert not is_running(re.search(r'^pid (\d+)', output, re.MULTILINE).group(1))
