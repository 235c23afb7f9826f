"""Base of everything a launch description can do."""

from __future__ import annotations

from typing import Iterable, Optional

from .condition import Condition
from .launch_context import LaunchContext
from .launch_description_entity import LaunchDescriptionEntity


class Action(LaunchDescriptionEntity):
    """An entity that is executed when its condition holds."""

    def __init__(self, *, condition: Optional[Condition] = None) -> None:
        self.condition = condition

    def execute(self, context: LaunchContext) -> Optional[Iterable[LaunchDescriptionEntity]]:
        """Do the work; overridden by every action."""
        return None

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """Return the entities that executing this action yields, as far as known."""
        return []

    def visit(self, context: LaunchContext) -> Optional[Iterable[LaunchDescriptionEntity]]:
        if self.condition is None or self.condition.evaluate(context):
            return self.execute(context)
        return None

    def describe_sub_entities(self) -> list[LaunchDescriptionEntity]:
        return self.get_sub_entities() if self.condition is None else []

    def describe_conditional_sub_entities(
        self,
    ) -> list[tuple[str, list[LaunchDescriptionEntity]]]:
        if self.condition is None:
            return []
        return [(f'Conditionally included by {self!r}', self.get_sub_entities())]
