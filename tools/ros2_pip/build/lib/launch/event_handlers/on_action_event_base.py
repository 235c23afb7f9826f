"""Base of the handlers for events that stem from an action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from ..event import Event
from ..event_handler import BaseEventHandler
from ..some_entities_type import SomeEntitiesType
from ..utilities import normalize_to_list_of_entities

if TYPE_CHECKING:
    from ..action import Action
    from ..launch_context import LaunchContext
    from ..launch_description_entity import LaunchDescriptionEntity

ActionMatcher = Union['Action', Callable[['Action'], bool], None]
OnEvent = Union[SomeEntitiesType, Callable[[Any, 'LaunchContext'], Optional[SomeEntitiesType]]]


class OnActionEventBase(BaseEventHandler):
    """Visits entities, or what a function returns, when an action emits an event."""

    def __init__(
        self, *,
        action_matcher: ActionMatcher,
        on_event: OnEvent,
        target_event_cls: type[Event],
        target_action_cls: type[Action],
        **kwargs: Any,
    ) -> None:
        accepted = action_matcher is None or callable(action_matcher)
        if not accepted and not isinstance(action_matcher, target_action_cls):
            raise TypeError(
                f"action_matcher must be an '{target_action_cls.__name__}' instance "
                'or a callable')

        def matches(event: Event) -> bool:
            return isinstance(event, target_event_cls) and (
                action_matcher is None
                or (action_matcher(event.action) if callable(action_matcher)
                    else event.action is action_matcher))

        super().__init__(matcher=matches, **kwargs)
        self._on_event = on_event if callable(on_event) else None
        self._entities = [] if callable(on_event) else normalize_to_list_of_entities(on_event)

    def handle(self, event: Event, context: LaunchContext) -> Optional[SomeEntitiesType]:
        super().handle(event, context)
        return self._on_event(event, context) if self._on_event else self._entities

    def describe_entities(self) -> list[LaunchDescriptionEntity]:
        return self._entities
