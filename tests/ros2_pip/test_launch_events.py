"""Events, timers, and the order of things."""

import time

import launch
import pytest
from launch import Event, EventHandler, LaunchDescription, LaunchService
from launch.actions import (
    EmitEvent,
    ExecuteProcess,
    GroupAction,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
    Shutdown,
    TimerAction,
)
from launch.event_handlers import OnProcessExit, OnProcessStart, OnShutdown
from launch.events import Shutdown as ShutdownEvent
from launch.events.process import ProcessExited, ProcessStarted
from launch.substitutions import EnvironmentVariable


class Ping(Event):
    name = 'Ping'


def on_ping(*entities, **kwargs):
    return EventHandler(
        matcher=lambda event: isinstance(event, Ping), entities=list(entities), **kwargs)


def test_entities_are_visited_depth_first(recorder):
    recorder.launch(
        OpaqueFunction(function=lambda context: [recorder.note('1'), recorder.note('2')]),
        recorder.note('3'))
    assert recorder.values == ['1', '2', '3']


def test_function_gets_its_arguments(recorder):
    got = []
    recorder.launch(OpaqueFunction(
        function=lambda context, *args, **kwargs: got.append((args, kwargs)),
        args=[1], kwargs={'k': 2}))
    assert got == [((1,), {'k': 2})]


def test_events_are_handled_after_the_visit_and_the_latest_handler_goes_first(recorder):
    recorder.launch(
        RegisterEventHandler(on_ping(recorder.note('first registered'))),
        RegisterEventHandler(on_ping(recorder.note('last registered'))),
        EmitEvent(event=Ping()),
        recorder.note('visited'))
    assert recorder.values == ['visited', 'last registered', 'first registered']


def test_handler_may_be_used_once(recorder):
    recorder.launch(
        RegisterEventHandler(on_ping(recorder.note('ping'), handle_once=True)),
        EmitEvent(event=Ping()), EmitEvent(event=Ping()))
    assert recorder.values == ['ping']


def test_event_is_at_hand_while_it_is_handled(recorder):
    seen = []
    ping = Ping()
    recorder.launch(
        RegisterEventHandler(on_ping(
            OpaqueFunction(function=lambda context: seen.append(context.locals.event)))),
        EmitEvent(event=ping))
    assert seen == [ping]


def test_only_events_can_be_emitted():
    with pytest.raises(RuntimeError):
        EmitEvent(event='no event')


def test_exception_shuts_down_with_code_1(recorder):
    def fail(context):
        raise ValueError('on purpose')

    process = ExecuteProcess(cmd=['sleep', '60'])
    code = recorder.launch(
        process, RegisterEventHandler(OnProcessStart(on_start=[OpaqueFunction(function=fail)])))
    assert code == 1
    assert process.return_code == -2
    assert len(recorder.of(ShutdownEvent)) == 1


@pytest.mark.skipif(hasattr(launch, 'frontend'), reason='the real one forgets the process')
def test_failing_shutdown_handler_does_not_keep_processes_alive(recorder):
    def fail(event, context):
        raise ValueError('on purpose')

    process = ExecuteProcess(cmd=['sleep', '60'])
    code = recorder.launch(
        process, RegisterEventHandler(OnShutdown(on_shutdown=fail)),
        TimerAction(period=0.2, actions=[Shutdown()]))
    assert code == 1
    assert process.return_code == -2


def test_idle_system_shuts_down(recorder):
    assert recorder.launch() == 0
    assert recorder.of(ShutdownEvent)[0].reason == 'idle'


def test_shutdown_action_gives_its_reason(recorder):
    sleeper = ExecuteProcess(cmd=['sleep', '60'])
    recorder.launch(sleeper, TimerAction(period=0.2, actions=[Shutdown(reason='enough')]))
    assert [event.reason for event in recorder.of(ShutdownEvent)] == ['enough']
    assert sleeper.return_code == -2


def test_on_shutdown_handler(recorder):
    recorder.launch(RegisterEventHandler(OnShutdown(on_shutdown=[recorder.note('bye')])))
    recorder.launch(RegisterEventHandler(OnShutdown(
        on_shutdown=lambda event, context: recorder.values.append(event.due_to_sigint))))
    assert recorder.values == ['bye', False]


def test_timer_waits(recorder):
    start = time.monotonic()
    recorder.launch(TimerAction(period=0.3, actions=[recorder.note('fired')]))
    assert recorder.values == ['fired']
    assert 0.3 <= time.monotonic() - start < 3.0


def test_shutdown_cancels_a_timer(recorder):
    start = time.monotonic()
    recorder.launch(TimerAction(period=30.0, actions=[recorder.note('fired')]), Shutdown())
    assert recorder.values == []
    assert time.monotonic() - start < 5.0


def test_canceled_timer_does_not_fire(recorder):
    timer = TimerAction(period=30.0, actions=[recorder.note('fired')])
    recorder.launch(timer, OpaqueFunction(function=lambda context: timer.cancel()))
    assert recorder.values == []


def test_process_handlers_are_for_their_target(recorder):
    one = ExecuteProcess(cmd=['true'])
    two = ExecuteProcess(cmd=['true'])
    recorder.launch(
        RegisterEventHandler(OnProcessExit(target_action=one, on_exit=[recorder.note('one')])),
        RegisterEventHandler(OnProcessExit(
            on_exit=lambda event, context: recorder.note(f'any {event.returncode}'))),
        one, two)
    assert sorted(recorder.values) == ['any 0', 'any 0', 'one']


def test_processes_one_after_the_other(recorder):
    first = ExecuteProcess(cmd=['sh', '-c', 'exit 4'])
    second = ExecuteProcess(cmd=['true'])
    recorder.launch(
        first, RegisterEventHandler(OnProcessExit(target_action=first, on_exit=[second])))
    assert [type(event) for event in recorder.of(ProcessStarted, ProcessExited)] == [
        ProcessStarted, ProcessExited, ProcessStarted, ProcessExited]
    assert [event.returncode for event in recorder.of(ProcessExited)] == [4, 0]


def test_handler_refuses_other_targets():
    with pytest.raises(TypeError):
        OnProcessExit(target_action='sleep', on_exit=[])


def test_environment_is_scoped(recorder, monkeypatch):
    monkeypatch.delenv('SOME_VARIABLE', raising=False)
    variable = EnvironmentVariable('SOME_VARIABLE', default_value='unset')
    recorder.launch(
        GroupAction([SetEnvironmentVariable('SOME_VARIABLE', 'set'), recorder.note(variable)]),
        recorder.note(variable))
    assert recorder.values == ['set', 'unset']


def test_service_runs_one_description_after_the_other(recorder):
    service = LaunchService(noninteractive=True)
    service.include_launch_description(LaunchDescription([recorder.note('1')]))
    service.include_launch_description(LaunchDescription([recorder.note('2'), LogInfo(msg='m')]))
    assert service.run() == 0
    assert recorder.values == ['1', '2']
