"""Entities are to be visited from within the launch service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Iterable

from ..event import Event

if TYPE_CHECKING:
    from ..launch_description_entity import LaunchDescriptionEntity


@dataclass(frozen=True, kw_only=True)
class VisitEntities(Event):
    """Has the entities visited, with these context locals; internal to this package."""

    name = 'launch.events.VisitEntities'
    entities: Iterable[LaunchDescriptionEntity]
    context_locals: dict[str, Any] = field(default_factory=dict)
