"""The other `ros2` commands."""

import re
import signal
import time

import pytest

pytest.importorskip('std_msgs')

TALKER = '''
    import rclpy
    from rclpy.node import Node
    from std_msgs.msg import Int32MultiArray, String

    rclpy.init()
    node = Node('talker')
    strings = node.create_publisher(String, 'chatter', 10)
    arrays = node.create_publisher(Int32MultiArray, 'numbers', 10)

    def talk():
        strings.publish(String(data="it's: here"))
        arrays.publish(Int32MultiArray(data=list(range(130))))

    node.create_timer(0.05, talk)
    print('ready', flush=True)
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
        pass
'''
LIFECYCLE = '''
    import rclpy
    from rclpy.lifecycle import LifecycleNode

    rclpy.init()
    node = LifecycleNode('managed', namespace='ns')
    print('ready', flush=True)
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
        pass
'''


def eventually(condition, seconds=15.0):
    """Ask again while discovery is not done; the real command has a daemon for that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
    return False


def run_until_done(ros2, program):
    running = ros2.start_program(program)
    running.wait_for('ready')
    yield running
    running.end(signal.SIGTERM)


@pytest.fixture
def talker(ros2, package):
    yield from run_until_done(ros2, package.executable('talker', TALKER))


@pytest.fixture
def managed(ros2, package):
    yield from run_until_done(ros2, package.executable('managed', LIFECYCLE))


def test_help_and_usage_errors(ros2):
    assert ros2().returncode == 0
    assert ros2('topic').returncode == 0
    unknown = ros2('nonsense')
    assert unknown.returncode == 2
    assert "invalid choice: 'nonsense'" in unknown.stderr
    assert ros2('topic', 'nonsense').returncode == 2
    assert ros2('topic', 'echo').returncode == 2
    assert ros2('run', 'some_package').returncode == 2


def test_pkg_prefix(ros2, package):
    assert ros2('pkg', 'prefix', package.name).stdout == f'{package.prefix}\n'
    assert ros2('pkg', 'prefix', '--share', package.name).stdout == f'{package.share}\n'
    missing = ros2('pkg', 'prefix', 'no_such_package')
    assert (missing.returncode, missing.stdout, missing.stderr) == (1, '', 'Package not found\n')


def test_run(ros2, package):
    package.executable('show', 'import sys; print(sys.argv[1:]); sys.exit(3 * len(sys.argv[1:]))')
    ran = ros2('run', package.name, 'show', '--flag', '--ros-args', '-p', 'a:=1')
    assert ran.returncode == 12
    assert ran.stdout.splitlines() == [
        "['--flag', '--ros-args', '-p', 'a:=1']", '[ros2run]: Process exited with failure 12']
    assert ros2('run', package.name, 'show').returncode == 0


def test_run_of_what_is_not_there(ros2, package):
    package.executable('show', '')
    none = ros2('run', package.name, 'other')
    assert (none.returncode, none.stderr) == (1, 'No executable found\n')
    assert "Package 'no_such_package' not found" in ros2('run', 'no_such_package', 'x').stderr


def test_run_of_what_a_signal_ends(ros2, package):
    package.executable('die', 'import os; os.kill(os.getpid(), 15)')
    ran = ros2('run', package.name, 'die')
    assert ran.returncode == 256 - 15
    assert ran.stdout == '[ros2run]: Terminated\n'


def test_topic_list(ros2, talker):
    def names():
        return set(ros2('topic', 'list').stdout.split())

    assert eventually(lambda: {'/chatter', '/numbers', '/rosout'} <= names())
    assert not [name for name in names() if '/_' in name]  # hidden topics
    assert eventually(
        lambda: '/chatter [std_msgs/msg/String]\n' in ros2('topic', 'list', '-t').stdout)


def test_topic_echo(ros2, talker):
    assert eventually(lambda: ros2('topic', 'echo', '--once', '/chatter').returncode == 0)
    assert ros2('topic', 'echo', '--once', '/chatter').stdout == "data: 'it''s: here'\n---\n"
    array = ros2('topic', 'echo', 'numbers', 'std_msgs/msg/Int32MultiArray', '--once').stdout
    assert array.startswith('layout:\n  dim: []\n  data_offset: 0\ndata:\n- 0\n- 1\n')
    assert array.endswith("- 127\n- '...'\n---\n")


def test_topic_echo_of_what_is_not_there(ros2):
    echoed = ros2('topic', 'echo', '--once', '/no_such_topic')
    assert echoed.returncode == 1
    assert 'Could not determine the type for the passed topic' in echoed.stderr
    echoed = ros2('topic', 'echo', '--once', '/no_such_topic', 'std_msgs/msg/Nonsense')
    assert (echoed.returncode, echoed.stderr) == (1, 'The passed message type is invalid\n')


def test_topic_hz(ros2, talker):
    running = ros2.start('topic', 'hz', '/chatter')
    rate = running.wait_for(
        r'average rate: ([\d.]+)\n\tmin: [\d.]+s max: [\d.]+s std dev: [\d.]+s window: \d+\n')
    assert 10.0 < float(rate.group(1)) < 30.0
    running.end(signal.SIGINT)


def test_lifecycle(ros2, managed):
    assert eventually(lambda: ros2('lifecycle', 'get', '/ns/managed').returncode == 0)
    assert ros2('lifecycle', 'get', '/ns/managed').stdout == 'unconfigured [1]\n'
    assert ros2('lifecycle', 'set', '/ns/managed', 'configure').stdout == (
        'Transitioning successful\n')
    assert ros2('lifecycle', 'get', 'ns/managed').stdout == 'inactive [2]\n'
    assert ros2('lifecycle', 'set', 'ns/managed', '3').stdout == 'Transitioning successful\n'
    assert '/ns/managed: active [3]\n' in ros2('lifecycle', 'get').stdout
    refused = ros2('lifecycle', 'set', '/ns/managed', 'configure')
    assert refused.returncode == 1
    assert re.match(
        r'Unknown transition requested, available ones are:\n- deactivate \[4\]', refused.stderr)


def test_lifecycle_of_what_is_not_there(ros2):
    missing = ros2('lifecycle', 'get', '/no_such_node')
    assert (missing.returncode, missing.stderr) == (1, 'Node not found\n')
