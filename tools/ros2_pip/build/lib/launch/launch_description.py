"""The description of a system to launch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Iterator, Optional

from .launch_context import LaunchContext
from .launch_description_entity import LaunchDescriptionEntity

if TYPE_CHECKING:
    from .actions import DeclareLaunchArgument, IncludeLaunchDescription

    ArgumentWithIncludes = tuple[DeclareLaunchArgument, tuple[IncludeLaunchDescription, ...]]


class LaunchDescription(LaunchDescriptionEntity):
    """A list of entities, visited in order."""

    def __init__(
        self, initial_entities: Optional[Iterable[LaunchDescriptionEntity]] = None,
    ) -> None:
        self.entities = list(initial_entities or [])

    def add_entity(self, entity: LaunchDescriptionEntity) -> None:
        """Append an entity."""
        self.entities.append(entity)

    add_action = add_entity

    def visit(self, context: LaunchContext) -> Iterable[LaunchDescriptionEntity]:
        return self.entities

    def describe_sub_entities(self) -> list[LaunchDescriptionEntity]:
        return self.entities

    def get_launch_arguments(
        self, conditional_inclusion: bool = False,
    ) -> list[DeclareLaunchArgument]:
        """Return the arguments this description declares, those of includes too."""
        return [argument for argument, _ in self.find_arguments(conditional_inclusion)]

    def find_arguments(self, conditional: bool = False) -> list[ArgumentWithIncludes]:
        """Return each declared argument with the includes it is found behind, first wins."""
        found: dict[str, ArgumentWithIncludes] = {}
        for argument, includes in _walk(self.entities, conditional, ()):
            found.setdefault(argument.name, (argument, includes))
        return list(found.values())


def _walk(
    entities: Iterable[LaunchDescriptionEntity],
    conditional: bool,
    includes: tuple[IncludeLaunchDescription, ...],
) -> Iterator[ArgumentWithIncludes]:
    """Yield declared arguments depth first, marked with whether a condition guards them."""
    from .actions import DeclareLaunchArgument, IncludeLaunchDescription

    for entity in entities:
        if isinstance(entity, DeclareLaunchArgument):
            entity._conditionally_included = conditional or entity.condition is not None
            yield entity, includes
        inner = includes
        if isinstance(entity, IncludeLaunchDescription):
            inner = (*includes, entity)
        yield from _walk(entity.describe_sub_entities(), False, inner)
        for _, guarded in entity.describe_conditional_sub_entities():
            yield from _walk(guarded, True, inner)
