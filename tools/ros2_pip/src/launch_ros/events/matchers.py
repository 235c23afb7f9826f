"""Predicates over node actions, to aim an event at some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from ..actions import Node


def matches_node_name(node_name: str) -> Callable[[Node], bool]:
    """Return a predicate that holds for the node of this name, with its namespace."""
    absolute = node_name if node_name.startswith('/') else f'/{node_name}'
    return lambda action: action.node_name == absolute
