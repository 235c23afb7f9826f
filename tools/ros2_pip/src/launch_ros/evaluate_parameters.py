"""Working out what the parameters of a node are.

Text given in a launch file stays text. What a substitution performs to is read as YAML, so
that a launch argument may be a number; `ParameterValue(..., value_type=str)` keeps it text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Iterable, Union

import yaml
from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.utilities import perform

from .parameter_value import ParameterValue, is_uniform, widened

_SCALARS = (bool, int, float, str)
Items = Iterable[tuple[SomeSubstitutionsType, Any]]


def evaluate_parameter_dict(
    context: LaunchContext, parameters: Union[Mapping, Items], prefix: str = '',
) -> dict[str, Any]:
    """Return names (nested ones joined with dots) and values."""
    items = parameters.items() if isinstance(parameters, Mapping) else parameters
    evaluated: dict[str, Any] = {}
    for key, value in items:
        name = prefix + perform(context, key)
        if isinstance(value, Mapping):
            evaluated.update(evaluate_parameter_dict(context, value, f'{name}.'))
        else:
            evaluated[name] = _evaluate(context, name, value)
    return evaluated


def _evaluate(context: LaunchContext, name: str, value: Any) -> Any:
    if isinstance(value, ParameterValue):
        return value.evaluate(context)
    if isinstance(value, (*_SCALARS, bytes)):
        return value
    if isinstance(value, Substitution):
        return _read_yaml(name, perform(context, value))
    if isinstance(value, (list, tuple)):
        return _evaluate_sequence(context, name, value)
    raise TypeError(f'Unexpected type for parameter value {value!r} of "{name}"')


def _evaluate_sequence(context: LaunchContext, name: str, values: Iterable[Any]) -> Any:
    """Return an array, or one text where strings and substitutions stand side by side."""
    values = list(values)
    texts = all(isinstance(value, (str, Substitution)) for value in values)
    if texts and any(isinstance(value, Substitution) for value in values):
        return _read_yaml(name, perform(context, values))
    items = [
        yaml.safe_load(perform(context, value)) if _is_nested(value) else value
        for value in values]
    return _uniform(name, widened(items))


def _is_nested(value: Any) -> bool:
    return isinstance(value, (list, tuple, Substitution))


def _read_yaml(name: str, text: str) -> Any:
    try:
        value = yaml.safe_load(text) if text else ''
    except yaml.YAMLError as error:
        raise TypeError(
            f'Unable to parse the value of parameter {name} as yaml. If the parameter is '
            'meant to be a string, try wrapping it in launch_ros.parameter_descriptions.'
            'ParameterValue(value, value_type=str)') from error
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, list):
        return _uniform(name, value)
    raise TypeError(
        f'Allowed value types are bytes, bool, int, float, str, Sequence[bool], '
        f'Sequence[int], Sequence[float], Sequence[str]. Got {type(value)} for "{name}". '
        'If the parameter is meant to be a string, try wrapping it in '
        'launch_ros.parameter_descriptions.ParameterValue(value, value_type=str)')


def _uniform(name: str, items: list[Any]) -> list[Any]:
    if not is_uniform(items):
        raise TypeError(
            'Expected a non-empty sequence, with items of uniform type. Allowed sequence item '
            f'types are bool, int, float, str. Got inconsistent input for "{name}"')
    return items
