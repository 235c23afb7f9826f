"""Parameter values with a type."""

from __future__ import annotations

from typing import Any, Optional, get_args, get_origin

import yaml
from launch.launch_context import LaunchContext
from launch.substitution import Substitution
from launch.utilities import perform

_SCALARS = (bool, int, float, str)


class ParameterValue:
    """A value of a given type: int, float, bool, str or a list of one of them.

    What substitutions perform to is converted to the type, or read as YAML where none is
    given. Any other value is not converted: TypeError if it is not of the type.
    """

    def __init__(self, value: Any, *, value_type: Optional[Any] = None) -> None:
        self.value = value
        self.value_type = value_type
        self._item_type = _item_type(value_type)
        if not _has_substitution(value):
            self.value = self._check(value)

    def evaluate(self, context: LaunchContext) -> Any:
        """Return the value; ValueError if the text does not convert."""
        if not _has_substitution(self.value):
            return self.value
        if not isinstance(self.value, Substitution) and any(map(_is_list, self.value)):
            items = [_convert(perform(context, item), self._item_type) for item in self.value]
            if not is_uniform(items):
                raise ValueError(f'items are not of one type: {items}')
            return items
        text = perform(context, self.value)
        if self._item_type is None:
            return _convert(text, self.value_type)
        items = yaml.safe_load(text)
        if not _is_list(items) or any(type(item) is not self._item_type for item in items):
            raise ValueError(f"Cannot convert value '{text}' to a list of '{self._item_type}'")
        return items

    def _check(self, value: Any) -> Any:
        """Return a value without substitutions, if it is of the type."""
        if _is_list(value):
            value = widened(value)
            good = not value or is_uniform(value) and (
                self.value_type is None or type(value[0]) is self._item_type)
        else:
            good = type(value) in _SCALARS and self.value_type in (None, type(value))
        if not good:
            raise TypeError(f"value='{value}' is not an instance of {self.value_type}")
        return value


def widened(items: Any) -> list[Any]:
    """Return the items, whole numbers among floats as floats."""
    mixed = {type(item) for item in items} == {int, float}
    return [float(item) for item in items] if mixed else list(items)


def is_uniform(items: list[Any]) -> bool:
    """Return whether there are items, all of one of the types a parameter may have."""
    types = {type(item) for item in items}
    return len(types) == 1 and types <= set(_SCALARS)


def _convert(text: str, value_type: Optional[type]) -> Any:
    """Return the text as this type, or as what YAML makes of it."""
    if value_type in (int, float, str):
        return value_type(text)
    if value_type is bool:
        text = {'1': 'true', '0': 'false'}.get(text, text)
    value = yaml.safe_load(text) if text else text
    if _is_list(value):
        good = value_type is None and is_uniform(value)
    else:
        good = type(value) in _SCALARS and value_type in (None, type(value))
    if not good:
        raise ValueError(f"Cannot convert value '{text}' to '{value_type or 'a parameter'}'")
    return value


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _has_substitution(value: Any) -> bool:
    if _is_list(value):
        return any(_has_substitution(item) for item in value)
    return isinstance(value, Substitution)


def _item_type(value_type: Any) -> Optional[type]:
    """Return what a list type is a list of, None for other types."""
    return get_args(value_type)[0] if get_origin(value_type) is list else None
