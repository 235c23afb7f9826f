"""Reading text as true or false."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable

from ..substitution import Substitution
from ..utilities import perform_substitutions

if TYPE_CHECKING:
    from ..launch_context import LaunchContext

_VALUES = {'true': True, '1': True, 'false': False, '0': False}


class InvalidConditionExpressionError(RuntimeError):
    """A condition is neither true nor false."""


def evaluate_condition_expression(
    context: LaunchContext, expression: Iterable[Substitution],
) -> bool:
    """Return what the expanded expression says; only true, 1, false and 0 are accepted."""
    text = perform_substitutions(context, expression).strip().lower()
    if text not in _VALUES:
        raise InvalidConditionExpressionError(
            f"invalid condition expression '{text}', expected one of {list(_VALUES)}")
    return _VALUES[text]
