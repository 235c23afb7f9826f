"""Execute an action only where an expression holds."""

from __future__ import annotations

from ..condition import Condition
from ..some_substitutions_type import SomeSubstitutionsType
from ..utilities import normalize_to_list_of_substitutions
from .evaluate import evaluate_condition_expression


class IfCondition(Condition):
    """Holds where the expanded expression is true or 1."""

    def __init__(self, predicate_expression: SomeSubstitutionsType) -> None:
        expression = normalize_to_list_of_substitutions(predicate_expression)
        super().__init__(
            predicate=lambda context: evaluate_condition_expression(context, expression))
