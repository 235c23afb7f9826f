"""Events about lifecycle nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from launch.event import Event
from lifecycle_msgs.msg import Transition, TransitionEvent

from .matchers import matches_node_name

if TYPE_CHECKING:
    from ..actions import LifecycleNode

__all__ = ['ChangeState', 'StateTransition', 'matches_node_name']


@dataclass(frozen=True, kw_only=True)
class ChangeState(Event):
    """A transition is asked of the lifecycle nodes whose action the matcher accepts."""

    name = 'launch_ros.events.lifecycle.ChangeState'
    valid_transitions = {
        getattr(Transition, label): label for label in (
            'TRANSITION_CREATE', 'TRANSITION_CONFIGURE', 'TRANSITION_CLEANUP',
            'TRANSITION_ACTIVATE', 'TRANSITION_DEACTIVATE',
            'TRANSITION_UNCONFIGURED_SHUTDOWN', 'TRANSITION_INACTIVE_SHUTDOWN',
            'TRANSITION_ACTIVE_SHUTDOWN', 'TRANSITION_DESTROY')}
    lifecycle_node_matcher: Callable[[LifecycleNode], bool]
    transition_id: int

    def __post_init__(self) -> None:
        if self.transition_id not in self.valid_transitions:
            raise ValueError(
                f"given transition_id of '{self.transition_id}', expected one of "
                f'{ {label: id_ for id_, label in self.valid_transitions.items()} }')


@dataclass(frozen=True, kw_only=True)
class StateTransition(Event):
    """A lifecycle node made a transition."""

    name = 'launch_ros.events.lifecycle.StateTransition'
    action: LifecycleNode
    msg: TransitionEvent

    @property
    def transition(self) -> str:
        """The label of the transition, e.g. 'configure'."""
        return self.msg.transition.label

    @property
    def start_state(self) -> str:
        """The label of the state it came from, e.g. 'configuring'."""
        return self.msg.start_state.label

    @property
    def goal_state(self) -> str:
        """The label of the state it is in now, e.g. 'inactive'."""
        return self.msg.goal_state.label
