"""Running a ROS node with a managed lifecycle."""

from __future__ import annotations

import threading
import time
from typing import Any, Optional

from launch import logging
from launch.actions import EmitEvent, OpaqueFunction, RegisterEventHandler
from launch.event_handler import EventHandler
from launch.events import matches_action
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_substitutions_type import SomeSubstitutionsType
from lifecycle_msgs.msg import Transition, TransitionEvent
from lifecycle_msgs.srv import ChangeState as ChangeStateService
from lifecycle_msgs.srv import GetState
from rclpy.exceptions import InvalidHandle

from ..event_handlers import OnStateTransition
from ..events.lifecycle import ChangeState, StateTransition
from ..ros_adapters import get_ros_node
from .node import Node

_POLL_SECONDS = 1.0
_ROUND_TRIP_SECONDS = 10.0


class LifecycleNode(Node):
    """Runs a lifecycle node, passes on ChangeState events, and emits StateTransition events.

    With `autostart` the node is configured, and activated once that succeeded.
    """

    def __init__(
        self, *,
        name: SomeSubstitutionsType,
        namespace: SomeSubstitutionsType,
        autostart: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, namespace=namespace, **kwargs)
        self.node_autostart = autostart
        self._log = logging.get_logger('launch_ros.actions.lifecycle_node')

    def execute(self, context: LaunchContext) -> Optional[list[LaunchDescriptionEntity]]:
        self._resolve_node(context)
        if self.UNSPECIFIED_NODE_NAME in self.node_name:
            raise RuntimeError('node_name unexpectedly incomplete for lifecycle node')
        self._connect(context)
        context.register_event_handler(EventHandler(
            matcher=lambda e: isinstance(e, ChangeState) and e.lifecycle_node_matcher(self),
            entities=OpaqueFunction(function=self._on_change_state)))
        super().execute(context)
        return self._autostart_actions() if self.node_autostart else None

    def _connect(self, context: LaunchContext) -> None:
        ros_node = get_ros_node(context)
        self._subscription = ros_node.create_subscription(
            TransitionEvent, f'{self.node_name}/transition_event',
            lambda msg: self._on_transition(context, msg), 10)
        self._service_name = f'{self.node_name}/change_state'
        self._client = ros_node.create_client(ChangeStateService, self._service_name)
        # The last one: who has heard of it has heard of the two above.
        self._state_client = ros_node.create_client(GetState, f'{self.node_name}/get_state')

    def _autostart_actions(self) -> list[LaunchDescriptionEntity]:
        def change(transition_id: int) -> EmitEvent:
            return EmitEvent(event=ChangeState(
                lifecycle_node_matcher=matches_action(self), transition_id=transition_id))

        activate = OnStateTransition(
            target_lifecycle_node=self, start_state='configuring', goal_state='inactive',
            entities=[change(Transition.TRANSITION_ACTIVATE)], handle_once=True)
        return [RegisterEventHandler(activate), change(Transition.TRANSITION_CONFIGURE)]

    def _on_transition(self, context: LaunchContext, msg: TransitionEvent) -> None:
        """Take a message, in the thread of the ROS node."""
        loop = context.asyncio_loop
        if loop is not None:
            event = StateTransition(action=self, msg=msg)
            loop.call_soon_threadsafe(context.emit_event_sync, event)

    def _on_change_state(self, context: LaunchContext) -> None:
        request = ChangeStateService.Request()
        request.transition.id = context.locals.event.transition_id
        context.add_completion_future(context.asyncio_loop.run_in_executor(
            None, self._call_change_state, request, context))

    def _call_change_state(
        self, request: ChangeStateService.Request, context: LaunchContext,
    ) -> None:
        """Call the service, in a thread; give up at shutdown, which takes the client away."""
        try:
            response = self._await_response(request, context)
        except InvalidHandle:
            if not context.is_shutdown:
                raise
            response = None
        if response is None:
            self._log.warning(
                "Abandoning wait for the '%s' service, due to shutdown.", self._service_name)
        elif not response.success:
            self._log.error(
                "Failed to make transition '%s' for LifecycleNode '%s'",
                ChangeState.valid_transitions[request.transition.id], self.node_name)

    def _await_round_trip(self, context: LaunchContext) -> None:
        """Ask for the state until there is an answer: a node is often found before it has found us.

        What it says before that is lost: the transition event, and so all that was to follow it, and the response.
        """
        end = time.monotonic() + _ROUND_TRIP_SECONDS
        while time.monotonic() < end and not context.is_shutdown:
            if not self._state_client.service_is_ready():
                time.sleep(0.02)
                continue
            answered = threading.Event()
            future = self._state_client.call_async(GetState.Request())
            future.add_done_callback(lambda _: answered.set())
            if answered.wait(_POLL_SECONDS):
                return

    def _await_response(
        self, request: ChangeStateService.Request, context: LaunchContext,
    ) -> Optional[ChangeStateService.Response]:
        while not self._client.wait_for_service(timeout_sec=_POLL_SECONDS):
            if context.is_shutdown:
                return None
        self._await_round_trip(context)
        done = threading.Event()
        future = self._client.call_async(request)
        future.add_done_callback(lambda _: done.set())
        while not done.wait(_POLL_SECONDS):
            if context.is_shutdown:
                return None
        return future.result()
