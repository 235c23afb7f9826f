"""How parameters of nodes are written down."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Optional, Union

import yaml
from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.utilities import perform

_LIST_TYPES = {list[t]: t for t in (int, float, bool, str)}


class ParameterValue:
    """A parameter value of a given type: int, float, bool, str or a list of one of them."""

    def __init__(self, value: Any, *, value_type: Optional[Any] = None) -> None:
        self.value = value
        self.value_type = value_type

    def evaluate(self, context: LaunchContext) -> Any:
        """Return the value; ValueError if it is not of the type."""
        value = self.value
        if _is_text(value):
            text = perform(context, value)
            value = text if self.value_type is str else yaml.safe_load(text)
        return value if self.value_type is None else _coerce(value, self.value_type)


class ParameterFile:
    """A YAML file with parameters."""

    def __init__(self, param_file: Union[os.PathLike, SomeSubstitutionsType]) -> None:
        self.param_file = param_file

    def evaluate(self, context: LaunchContext) -> Path:
        """Return the path of the file."""
        if isinstance(self.param_file, os.PathLike):
            return Path(self.param_file)
        return Path(perform(context, self.param_file))


class Parameter:
    """A parameter that is passed on the command line, as `-p name:=value`."""

    def __init__(
        self, name: SomeSubstitutionsType, value: Any, *, value_type: Optional[Any] = None,
    ) -> None:
        self.name = name
        self.value = ParameterValue(value, value_type=value_type)

    def evaluate(self, context: LaunchContext) -> tuple[str, Any]:
        """Return name and value."""
        return perform(context, self.name), self.value.evaluate(context)


def _is_text(value: Any) -> bool:
    """Return whether the value is to be performed before its type is known."""
    if isinstance(value, (str, Substitution)):
        return True
    return isinstance(value, (list, tuple)) and any(
        isinstance(item, Substitution) for item in value)


def _coerce(value: Any, value_type: Any) -> Any:
    item_type = _LIST_TYPES.get(list[value_type.__args__]) if _is_list(value_type) else None
    if item_type is not None and isinstance(value, (list, tuple)):
        return [_coerce(item, item_type) for item in value]
    if value_type is float and type(value) is int:
        return float(value)
    if item_type is None and type(value) is value_type:
        return value
    raise ValueError(f"value '{value}' is not of type {value_type}")


def _is_list(value_type: Any) -> bool:
    return getattr(value_type, '__origin__', None) is list
