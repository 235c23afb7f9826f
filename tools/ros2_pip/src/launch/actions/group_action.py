"""Grouping actions."""

from __future__ import annotations

from typing import Any, Iterable

from ..action import Action
from ..launch_context import LaunchContext
from ..launch_description_entity import LaunchDescriptionEntity
from .opaque_function import OpaqueFunction


class GroupAction(Action):
    """Yields actions, by default in a scope of their own.

    What is changed in launch configurations and environment within a scope is undone at
    its end.
    """

    def __init__(
        self, actions: Iterable[Action], *, scoped: bool = True, **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._entities: list[LaunchDescriptionEntity] = list(actions)
        if scoped:
            self._entities = [
                OpaqueFunction(function=LaunchContext.push_scope),
                *self._entities,
                OpaqueFunction(function=LaunchContext.pop_scope),
            ]

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        return self._entities

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        return self._entities
