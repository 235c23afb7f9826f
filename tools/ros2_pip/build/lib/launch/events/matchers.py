"""Predicates over actions, to aim an event at some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from ..action import Action


def matches_action(target_action: Action) -> Callable[[Action], bool]:
    """Return a predicate that holds for this action only."""
    return lambda action: action is target_action
