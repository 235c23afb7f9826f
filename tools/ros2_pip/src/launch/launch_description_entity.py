"""Base of everything that can stand in a launch description."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Iterable, Optional

if TYPE_CHECKING:
    from .launch_context import LaunchContext


class LaunchDescriptionEntity:
    """Something the launch service visits; visiting may yield further entities."""

    def visit(self, context: LaunchContext) -> Optional[Iterable[LaunchDescriptionEntity]]:
        """Do the work of this entity and return the entities to visit next."""
        return None

    def get_asyncio_future(self) -> Optional[asyncio.Future]:
        """Return what the launch service waits for before it is idle, after a visit."""
        return None

    def describe_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """Return the entities that a visit always yields, as far as known beforehand."""
        return []

    def describe_conditional_sub_entities(
        self,
    ) -> list[tuple[str, list[LaunchDescriptionEntity]]]:
        """Return (reason, entities) for entities that a visit may yield."""
        return []
