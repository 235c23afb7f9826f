"""Something that kept the launch service from being idle has finished."""

import asyncio
from dataclasses import dataclass

from ..event import Event


@dataclass(frozen=True, kw_only=True)
class FutureDone(Event):
    """Wakes the launch service; internal to this package."""

    name = 'launch.events.FutureDone'
    future: asyncio.Future
