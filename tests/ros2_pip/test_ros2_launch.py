"""`ros2 launch`: what it prints, what it returns, and what it does on signals."""

import re
import signal

import launch
import pytest

SLEEPER = '''ExecuteProcess(cmd=[PYTHON, '-u', '-c', """
import os, signal, time
for name in {ignored}:
    signal.signal(getattr(signal, name), signal.SIG_IGN)
print('ready', os.getpid())
time.sleep(60)
"""], name='sleeper', output='screen', sigterm_timeout='0.5', sigkill_timeout='0.5'),'''


def sleeper(*ignored):
    return SLEEPER.replace('{ignored}', repr(list(ignored)))


def test_show_args(ros2, package):
    package.launch_file('inner.launch.py', '''
        DeclareLaunchArgument('deep', default_value='d', description='Of the inner file'),''')
    package.launch_file('some.launch.py', '''
        DeclareLaunchArgument('required', description='Has no default'),
        DeclareLaunchArgument('x', default_value='1', choices=['1', '2']),
        DeclareLaunchArgument(
            'y', default_value=['a', LaunchConfiguration('x'), EnvironmentVariable('E')]),
        GroupAction([DeclareLaunchArgument('z', default_value=PathJoinSubstitution(
            ['/p', LaunchConfiguration('x')]))], condition=IfCondition('true')),
        DeclareLaunchArgument('x', default_value='declared again'),
        IncludeLaunchDescription([__file__[:-len('some.launch.py')], 'inner.launch.py']),''')
    shown = ros2('launch', package.name, 'some.launch.py', '--show-args')
    assert shown.returncode == 0
    assert shown.stdout == """\
Arguments (pass arguments as '<name>:=<value>'):

    'required':
        Has no default

    'x':
        One of: ['1', '2']
        (default: '1')

    'y':
        no description given
        (default: 'a' + LaunchConfig('x') + EnvVar('E'))

    'z':*
        no description given
        (default: PathJoin(''/p' + LaunchConfig('x')'))

    'deep':
        Of the inner file
        (default: 'd')

* argument(s) which are only used if specific conditions occur
"""


def test_show_args_of_a_file_without(ros2, package):
    path = package.launch_file('some.launch.py', '')
    assert ros2('launch', path, '-s').stdout == (
        "Arguments (pass arguments as '<name>:=<value>'):\n\n  No arguments.\n")


def test_arguments_reach_the_file_and_the_last_one_wins(ros2, package):
    path = package.launch_file('some.launch.py', '''
        DeclareLaunchArgument('x'), LogInfo(msg=['x is ', LaunchConfiguration('x')]),''')
    for target in ([package.name, 'some.launch.py'], [path]):
        ran = ros2('launch', *target, 'x:=1', 'unknown:=5', 'x:=a:=b')
        assert ran.returncode == 0
        assert '[INFO] [launch.user]: x is a:=b\n' in ran.stdout


def test_output(ros2, package, tmp_path):
    path = package.launch_file('some.launch.py', '''
        ExecuteProcess(cmd=['sh', '-c', 'echo out; echo err >&2; printf tail'],
                       name='screen', output='screen'),
        ExecuteProcess(cmd=['sh', '-c', 'echo out; echo err >&2'], name='log'),
        ExecuteProcess(cmd=['sh', '-c', 'echo out; exit 3'], name='both', output='both'),''')
    ran = ros2('launch', path)
    lines = re.sub(r'pid \[?\d+\]?', 'pid [N]', ran.stdout).splitlines()
    assert lines[0].startswith(f'[INFO] [launch]: All log files can be found below {tmp_path}/log/')
    assert lines[1] == '[INFO] [launch]: Default logging verbosity is set to INFO'
    for name in ('screen-1', 'log-2', 'both-3'):
        assert f'[INFO] [{name}]: process started with pid [N]' in lines
    assert '[INFO] [screen-1]: process has finished cleanly [pid [N]' in lines
    assert ("[ERROR] [both-3]: process has died [pid [N], exit code 3, "
            "cmd 'sh -c echo out; exit 3'].") in lines
    assert sorted(line for line in lines if line.startswith('[screen-1]')) == [
        '[screen-1] err', '[screen-1] out', '[screen-1] tail']
    assert [line for line in lines if line.startswith('[log-2]')] == ['[log-2] err']
    assert '[both-3] out' in lines
    assert ran.stderr == ''
    logged = (tmp_path / 'log/latest/launch.log').read_text()
    assert re.search(r'^\d+\.\d+ \[log-2\] out$', logged, re.MULTILINE)
    assert re.search(r'^\d+\.\d+ \[INFO\] \[log-2\]: process started', logged, re.MULTILINE)
    assert '[screen-1] out' not in logged


def test_all_output_can_be_shown(ros2, package):
    path = package.launch_file('some.launch.py', "ExecuteProcess(cmd=['echo', 'out']),")
    assert '[echo-1] out' not in ros2('launch', path).stdout
    assert '[echo-1] out' in ros2('launch', path, '-a').stdout


@pytest.mark.parametrize('arguments, message', [
    (['no_such_package', 'some.launch.py'], "Package 'no_such_package' not found"),
    (['some_package', 'none.launch.py'], "file 'none.launch.py' was not found in the share"),
    (['some_package', 'twice.launch.py'], 'was found more than once'),
    (['some_package', 'some.launch.py', 'x=1'], "malformed launch argument 'x=1'"),
    (['some_package', 'some.launch.py', 'x:='], "malformed launch argument 'x:='"),
])
def test_mistakes(ros2, package, arguments, message):
    package.launch_file('some.launch.py', '')
    package.launch_file('twice.launch.py', '')
    (package.share / 'twice.launch.py').touch()
    ran = ros2('launch', *arguments)
    assert ran.returncode == 1
    assert message in ran.stderr


def test_no_arguments_is_a_usage_error(ros2):
    assert ros2('launch').returncode == 2


def test_missing_argument(ros2, package):
    path = package.launch_file('some.launch.py', '''
        DeclareLaunchArgument('x', description='The x'), ExecuteProcess(cmd=['true']),''')
    ran = ros2('launch', path, 'y:=1')
    assert ran.returncode == 1
    assert ("[ERROR] [launch]: Caught exception in launch (see debug for traceback): Included "
            "launch description missing required argument 'x' (description: 'The x'), "
            "given: [y]\n") in ran.stdout
    assert 'process started' not in ran.stdout


def test_wrong_choice(ros2, package):
    path = package.launch_file('some.launch.py', "DeclareLaunchArgument('x', choices=['a']),")
    ran = ros2('launch', path, 'x:=b')
    assert ran.returncode == 1
    assert ('(see debug for traceback): Argument "x" provided value "b" is not valid. '
            "Valid options are: ['a']\n") in ran.stdout


def test_broken_launch_file(ros2, package):
    path = package.launch_file('some.launch.py', '1 / 0')
    assert ros2('launch', path).returncode == 1


def test_sigint_ends_all_with_code_0(ros2, package, is_running):
    path = package.launch_file('some.launch.py', sleeper())
    running = ros2.start('launch', path)
    pid = running.wait_for(r'\[sleeper-1\] ready (\d+)\n').group(1)
    assert running.end(signal.SIGINT) == 0
    assert '[WARNING] [launch]: user interrupted with ctrl-c (SIGINT)\n' in running.output
    assert ("[INFO] [sleeper-1]: sending signal 'SIGINT' to process[sleeper-1]\n"
            in running.output)
    assert f'[ERROR] [sleeper-1]: process has died [pid {pid}, exit code -2' in running.output
    assert not is_running(pid)


def test_second_sigint_is_ignored(ros2, package):
    path = package.launch_file('some.launch.py', sleeper('SIGINT'))
    running = ros2.start('launch', path)
    running.wait_for('ready')
    running.process.send_signal(signal.SIGINT)
    running.wait_for(r'interrupted with ctrl-c \(SIGINT\)\n')
    assert running.end(signal.SIGINT) == 0
    assert 'ctrl-c (SIGINT) again, ignoring...\n' in running.output


def test_escalation(ros2, package, is_running):
    path = package.launch_file('some.launch.py', sleeper('SIGINT', 'SIGTERM'))
    running = ros2.start('launch', path)
    pid = running.wait_for(r'ready (\d+)').group(1)
    assert running.end(signal.SIGINT) == 0
    messages = re.findall(r'\[(?:INFO|ERROR)\] \[sleeper-1\]: (.*)\n', running.output)
    assert messages[1:] == [
        "sending signal 'SIGINT' to process[sleeper-1]",
        "process[sleeper-1] failed to terminate '0.5' seconds after receiving 'SIGINT', "
        "escalating to 'SIGTERM'",
        "sending signal 'SIGTERM' to process[sleeper-1]",
        "process[sleeper-1] failed to terminate '1.0' seconds after receiving 'SIGTERM', "
        "escalating to 'SIGKILL'",
        "sending signal 'SIGKILL' to process[sleeper-1]",
        messages[-1]]
    assert messages[-1].startswith(f'process has died [pid {pid}, exit code -9, cmd ')
    assert not is_running(pid)


@pytest.mark.skipif(hasattr(launch, 'frontend'), reason='the real one leaves processes behind')
@pytest.mark.parametrize('ignored', [[], ['SIGINT']])
def test_sigterm_leaves_no_orphan(ros2, package, is_running, ignored):
    path = package.launch_file('some.launch.py', sleeper(*ignored))
    running = ros2.start('launch', path)
    pid = running.wait_for(r'ready (\d+)').group(1)
    assert running.end(signal.SIGTERM) == 1
    assert ('[ERROR] [launch]: user interrupted with ctrl-\\ (SIGTERM), terminating...\n'
            in running.output)
    assert not is_running(pid)


@pytest.mark.skipif(hasattr(launch, 'frontend'), reason='the real one leaves processes behind')
def test_second_sigterm_kills(ros2, package, is_running):
    path = package.launch_file('some.launch.py', sleeper('SIGINT', 'SIGTERM').replace('0.5', '50'))
    running = ros2.start('launch', path)
    pid = running.wait_for(r'ready (\d+)').group(1)
    running.process.send_signal(signal.SIGTERM)
    running.wait_for("sending signal 'SIGINT'")
    assert running.end(signal.SIGTERM) == 1
    assert not is_running(pid)
