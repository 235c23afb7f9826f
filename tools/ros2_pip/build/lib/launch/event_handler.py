"""What to do when an event is emitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional

from .event import Event
from .some_entities_type import SomeEntitiesType
from .utilities import normalize_to_list_of_entities

if TYPE_CHECKING:
    from .launch_context import LaunchContext
    from .launch_description_entity import LaunchDescriptionEntity


class BaseEventHandler:
    """Matches events; what it returns for a matched event is visited."""

    def __init__(
        self, *, matcher: Callable[[Event], bool], handle_once: bool = False,
    ) -> None:
        self._matcher = matcher
        self.handle_once = handle_once

    def matches(self, event: Event) -> bool:
        """Return whether this handler wants the event."""
        return self._matcher(event)

    def handle(self, event: Event, context: LaunchContext) -> Optional[SomeEntitiesType]:
        """Make the event available to what is visited next; return what to visit."""
        context.extend_locals({'event': event})
        if self.handle_once:
            context.unregister_event_handler(self)
        return None

    def describe_entities(self) -> list[LaunchDescriptionEntity]:
        """Return the entities that are visited on a match, as far as known beforehand."""
        return []


class EventHandler(BaseEventHandler):
    """Visits the same entities for every matched event."""

    def __init__(
        self, *,
        matcher: Callable[[Event], bool],
        entities: Optional[SomeEntitiesType] = None,
        handle_once: bool = False,
    ) -> None:
        super().__init__(matcher=matcher, handle_once=handle_once)
        self.entities = normalize_to_list_of_entities(entities)

    def handle(self, event: Event, context: LaunchContext) -> Optional[SomeEntitiesType]:
        super().handle(event, context)
        return self.entities

    def describe_entities(self) -> list[LaunchDescriptionEntity]:
        return self.entities
