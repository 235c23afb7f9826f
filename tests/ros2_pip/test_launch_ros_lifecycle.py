"""Lifecycle nodes: asked for transitions, and heard when they make them."""

import inspect
import sys

import launch
import pytest
from launch.actions import EmitEvent, RegisterEventHandler, Shutdown, TimerAction
from launch.event_handlers import OnProcessIO
from launch.events import matches_action
from launch_ros.actions import LifecycleNode
from launch_ros.event_handlers import OnStateTransition
from launch_ros.events.lifecycle import ChangeState, StateTransition
from launch_ros.events.matchers import matches_node_name
from lifecycle_msgs.msg import Transition

PROGRAM = """
import sys
import rclpy
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn

class Managed(LifecycleNode):
    def on_configure(self, state):
        good = 'fail' not in sys.argv
        return TransitionCallbackReturn.SUCCESS if good else TransitionCallbackReturn.FAILURE

rclpy.init()
node = Managed('inner')
print('ready', flush=True)
try:
    rclpy.spin(node)
except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
    pass
"""


def managed(*arguments, **kwargs):
    return LifecycleNode(
        executable=sys.executable, name='managed', namespace='/ns', output='screen',
        arguments=['-c', PROGRAM, *arguments], **kwargs)


def change(node, transition):
    matcher = matches_action(node) if isinstance(node, LifecycleNode) else node
    return EmitEvent(event=ChangeState(lifecycle_node_matcher=matcher, transition_id=transition))



def test_configure_then_activate(recorder):
    node = managed()
    code = recorder.launch(
        node,
        RegisterEventHandler(OnStateTransition(
            target_lifecycle_node=node, start_state='configuring', goal_state='inactive',
            entities=[change(node, Transition.TRANSITION_ACTIVATE)])),
        RegisterEventHandler(OnStateTransition(
            target_lifecycle_node=node, goal_state='active', entities=[Shutdown()])),
        change(node, Transition.TRANSITION_CONFIGURE),
        TimerAction(period=40.0, actions=[Shutdown(reason='gave up')]))
    assert code == 0
    steps = [(e.start_state, e.goal_state) for e in recorder.of(StateTransition)]
    assert steps == [
        ('unconfigured', 'configuring'), ('configuring', 'inactive'),
        ('inactive', 'activating'), ('activating', 'active')]
    assert {event.action for event in recorder.of(StateTransition)} == {node}


def test_failed_transition_is_seen(recorder):
    node = managed('fail')
    code = recorder.launch(
        node,
        RegisterEventHandler(OnStateTransition(
            matcher=lambda event: isinstance(event, StateTransition)
            and event.goal_state == 'unconfigured',
            entities=[Shutdown()])),
        change(matches_node_name('ns/managed'), Transition.TRANSITION_CONFIGURE),
        TimerAction(period=40.0, actions=[Shutdown(reason='gave up')]))
    assert code == 0
    assert recorder.of(StateTransition)[-1].start_state == 'configuring'


def test_other_nodes_are_not_asked(recorder):
    node = managed()
    recorder.launch(
        node, change(matches_node_name('/ns/other'), Transition.TRANSITION_CONFIGURE),
        RegisterEventHandler(OnProcessIO(
            target_action=node,
            on_stdout=lambda _: TimerAction(period=1.0, actions=[Shutdown()]))))
    assert recorder.of(StateTransition) == []


@pytest.mark.skipif(hasattr(launch, 'frontend'), reason='the real one may fail on its own node')
def test_shutdown_while_a_node_does_not_answer(recorder):
    node = LifecycleNode(
        executable='sh', arguments=['-c', 'sleep 60'], name='silent', namespace='')
    code = recorder.launch(
        node, change(node, Transition.TRANSITION_CONFIGURE),
        TimerAction(period=1.5, actions=[Shutdown()]))
    assert code == 0


def test_unknown_transition_is_refused():
    with pytest.raises(ValueError, match='TRANSITION_CONFIGURE'):
        ChangeState(lifecycle_node_matcher=lambda node: True, transition_id=99)


def test_name_and_namespace_are_required():
    with pytest.raises(TypeError):
        LifecycleNode(executable='true')


@pytest.mark.skipif(
    'autostart' not in inspect.signature(LifecycleNode.__init__).parameters,
    reason='this version of launch_ros is too old')
@pytest.mark.parametrize('arguments, last', [([], 'active'), (['fail'], 'unconfigured')])
def test_autostart(recorder, arguments, last):
    node = managed(*arguments, autostart=True)
    recorder.launch(
        node,
        RegisterEventHandler(OnStateTransition(goal_state=last, entities=[Shutdown()])),
        TimerAction(period=40.0, actions=[Shutdown(reason='gave up')]))
    assert recorder.of(StateTransition)[-1].goal_state == last
