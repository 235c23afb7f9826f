"""What to do when a lifecycle node made a transition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Optional

from launch.event import Event
from launch.event_handler import EventHandler
from launch.some_entities_type import SomeEntitiesType

from ..events.lifecycle import StateTransition

if TYPE_CHECKING:
    from ..actions import LifecycleNode


class OnStateTransition(EventHandler):
    """Visits entities on the transitions that agree with everything that is given."""

    def __init__(
        self, *,
        entities: SomeEntitiesType,
        target_lifecycle_node: Optional[LifecycleNode] = None,
        transition: Optional[str] = None,
        start_state: Optional[str] = None,
        goal_state: Optional[str] = None,
        matcher: Optional[Callable[[Event], bool]] = None,
        **kwargs: Any,
    ) -> None:
        def matches(event: Event) -> bool:
            return (
                isinstance(event, StateTransition)
                and target_lifecycle_node in (None, event.action)
                and transition in (None, event.transition)
                and start_state in (None, event.start_state)
                and goal_state in (None, event.goal_state))

        super().__init__(matcher=matcher or matches, entities=entities, **kwargs)
