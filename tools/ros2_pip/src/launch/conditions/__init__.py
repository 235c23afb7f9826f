"""Conditions for actions."""

from .evaluate import InvalidConditionExpressionError, evaluate_condition_expression
from .if_condition import IfCondition
from .unless_condition import UnlessCondition

__all__ = [
    'IfCondition',
    'InvalidConditionExpressionError',
    'UnlessCondition',
    'evaluate_condition_expression',
]
