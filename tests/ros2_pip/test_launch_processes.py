"""Processes: how they are started, heard, and ended."""

import signal
import sys
import time

import pytest
from launch.actions import (
    EmitEvent,
    ExecuteProcess,
    RegisterEventHandler,
    SetEnvironmentVariable,
    SetLaunchConfiguration,
    Shutdown,
    TimerAction,
)
from launch.event_handlers import OnProcessIO, OnProcessStart, OnShutdown
from launch.events import matches_action
from launch.events.process import (
    ProcessExited,
    ProcessStarted,
    ShutdownProcess,
    SignalProcess,
    matches_executable,
    matches_name,
)
from launch.substitutions import LaunchConfiguration

STUBBORN = """
import signal, sys, time
for name in sys.argv[1:]:
    signal.signal(getattr(signal, name), signal.SIG_IGN)
print('ready')
time.sleep(60)
"""


def python(code, *args, **kwargs):
    return ExecuteProcess(cmd=[sys.executable, '-u', '-c', code, *args], **kwargs)


def when_ready(process, *actions):
    """Return a handler that does something once the process has written something."""
    once = []

    def react(event):
        if not once:
            once.append(event)
            return list(actions)

    return RegisterEventHandler(OnProcessIO(target_action=process, on_stdout=react))


def test_name_counts_up_and_comes_from_program_or_argument(recorder):
    recorder.launch(ExecuteProcess(cmd=['true']), ExecuteProcess(cmd=['true'], name='given'))
    (name, first), (given, second) = sorted(
        event.process_name.rsplit('-', 1) for event in recorder.of(ProcessStarted))
    assert (name, given) == ('given', 'true')
    assert int(first) == int(second) + 1


def test_details(recorder, tmp_path):
    process = ExecuteProcess(
        cmd=['sh', '-c', ['exit ', LaunchConfiguration('code')]], cwd=str(tmp_path))
    recorder.launch(SetLaunchConfiguration('code', '3'), process)
    event, = recorder.of(ProcessExited)
    assert event.cmd == ['sh', '-c', 'exit 3']
    assert event.returncode == process.return_code == 3
    assert event.cwd == str(tmp_path)
    assert event.action is process
    assert event.pid == process.process_details['pid']


def test_output_is_kept_where_asked(recorder):
    process = python(
        'import sys; print("out"); print("err", file=sys.stderr)', cached_output=True)
    recorder.launch(process)
    assert process.get_stdout() == 'out\n'
    assert process.get_stderr() == 'err\n'


def test_output_is_not_kept_otherwise(recorder):
    process = python('print("out")')
    recorder.launch(process)
    with pytest.raises(RuntimeError, match='cached output'):
        process.get_stdout()


def test_environment(recorder, monkeypatch, tmp_path):
    monkeypatch.setenv('INHERITED', 'i')
    code = 'import os; print(*(os.environ.get(k, "-") for k in ("INHERITED", "SET", "ADDED")))'
    inherits = python(code, additional_env={'ADDED': 'a'}, cached_output=True)
    clean = python(code, env={'SET': 'own'}, additional_env={'ADDED': 'a'}, cached_output=True)
    recorder.launch(SetEnvironmentVariable('SET', 's'), inherits, clean)
    assert inherits.get_stdout() == 'i s a\n'
    assert clean.get_stdout() == '- own a\n'
    monkeypatch.delenv('SET', raising=False)


def test_program_that_does_not_exist(recorder):
    process = ExecuteProcess(cmd=['/no/such/program'])
    assert recorder.launch(process, recorder.note('next')) == 0
    assert recorder.values == ['next']
    assert process.return_code is None
    assert recorder.of(ProcessExited) == []


def test_failing_process_does_not_fail_the_launch(recorder):
    assert recorder.launch(ExecuteProcess(cmd=['false'])) == 0


def test_on_exit_actions(recorder):
    recorder.launch(
        ExecuteProcess(cmd=['true'], on_exit=[recorder.note('list')]),
        ExecuteProcess(cmd=['false'], on_exit=lambda event, context: recorder.note('function')))
    assert sorted(recorder.values) == ['function', 'list']


def test_required_process_ends_the_rest(recorder):
    sleeper = ExecuteProcess(cmd=['sleep', '60'])
    recorder.launch(sleeper, ExecuteProcess(cmd=['sleep', '0.3'], on_exit=[Shutdown()]))
    assert sleeper.return_code == -signal.SIGINT


def test_respawn_until_retries_are_used_up(recorder):
    process = ExecuteProcess(cmd=['false'], respawn=True, respawn_max_retries=2)
    recorder.launch(process)
    exits = recorder.of(ProcessExited)
    assert len(exits) == 3
    assert len({event.pid for event in exits}) == 3
    assert len({event.process_name for event in exits}) == 1


def test_respawn_waits_for_the_delay(recorder):
    start = time.monotonic()
    respawn = [LaunchConfiguration('respawn')]
    recorder.launch(SetLaunchConfiguration('respawn', 'true'), ExecuteProcess(
        cmd=['false'], respawn=respawn, respawn_delay=0.3, respawn_max_retries=1))
    assert time.monotonic() - start >= 0.3
    assert len(recorder.of(ProcessExited)) == 2


def test_shutdown_ends_respawning(recorder):
    start = time.monotonic()
    process = ExecuteProcess(cmd=['false'], respawn=True, respawn_delay=30.0)
    recorder.launch(process, TimerAction(period=0.5, actions=[Shutdown()]))
    assert len(recorder.of(ProcessExited)) == 1
    assert time.monotonic() - start < 10.0


@pytest.mark.parametrize('ignored, ended_by, seconds', [
    ([], signal.SIGINT, 0.0),
    (['SIGINT'], signal.SIGTERM, 0.5),
    (['SIGINT', 'SIGTERM'], signal.SIGKILL, 1.0),
])
def test_shutdown_escalates(recorder, ignored, ended_by, seconds):
    process = python(STUBBORN, *ignored, sigterm_timeout='0.5', sigkill_timeout='0.5')
    start = time.monotonic()
    recorder.launch(process, when_ready(process, Shutdown()))
    assert process.return_code == -ended_by
    assert time.monotonic() - start >= seconds


def test_timeouts_may_be_launch_configurations(recorder):
    process = python(STUBBORN, 'SIGINT', 'SIGTERM')
    start = time.monotonic()
    recorder.launch(
        SetLaunchConfiguration('sigterm_timeout', '0.2'),
        SetLaunchConfiguration('sigkill_timeout', '0.2'),
        process, when_ready(process, Shutdown()))
    assert process.return_code == -signal.SIGKILL
    assert time.monotonic() - start < 5.0


def test_default_timeouts_are_five_seconds(recorder):
    process = python(STUBBORN, 'SIGINT')
    start = time.monotonic()
    recorder.launch(process, when_ready(process, Shutdown()))
    assert process.return_code == -signal.SIGTERM
    assert 5.0 <= time.monotonic() - start < 10.0


def test_one_process_may_be_shut_down(recorder):
    target = ExecuteProcess(cmd=['sleep', '60'], respawn=True)
    other = ExecuteProcess(cmd=['sleep', '0.5'])
    recorder.launch(
        target, other,
        RegisterEventHandler(OnProcessStart(
            target_action=target,
            on_start=[EmitEvent(event=ShutdownProcess(process_matcher=matches_action(target)))])))
    assert target.return_code == -signal.SIGINT
    assert other.return_code == 0
    assert len([e for e in recorder.of(ProcessExited) if e.action is target]) == 1


@pytest.mark.parametrize('by', ['action', 'name', 'executable'])
def test_signals_reach_the_matching_process(recorder, by):
    target = ExecuteProcess(cmd=['sleep', '60'])
    other = ExecuteProcess(cmd=['sh', '-c', 'sleep 0.5'])

    def send(event, context):
        matcher = {
            'action': lambda: matches_action(target),
            'name': lambda: matches_name(event.process_name),
            'executable': lambda: matches_executable('sleep'),
        }[by]()
        return [EmitEvent(event=SignalProcess(
            signal_number=signal.SIGUSR1, process_matcher=matcher))]

    recorder.launch(
        other, target,
        RegisterEventHandler(OnProcessStart(target_action=target, on_start=send)))
    assert target.return_code == -signal.SIGUSR1
    assert other.return_code == 0


def test_a_process_is_executed_once(recorder):
    process = ExecuteProcess(cmd=['true'])
    assert recorder.launch(process, process) == 1


def test_no_process_is_started_after_shutdown(recorder):
    late = ExecuteProcess(cmd=['true'])
    recorder.launch(RegisterEventHandler(OnShutdown(on_shutdown=[late])))
    assert recorder.of(ProcessStarted) == []


def test_respawn_is_no_text():
    with pytest.raises(TypeError):
        ExecuteProcess(cmd=['true'], respawn='true')


def test_unknown_output_is_refused(recorder):
    assert recorder.launch(ExecuteProcess(cmd=['true'], output='nowhere')) == 1
