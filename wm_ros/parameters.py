"""Node parameters as a typed dataclass: type, default, range and description of each in one line of a table."""

from __future__ import annotations

import math
from dataclasses import Field, dataclass, field, fields
from typing import Any, TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node


class ParameterError(ValueError):
    """A parameter has a value that the node cannot use; the text names it and what was expected."""


@dataclass(frozen=True)
class _Row:
    description: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]


def parameter(
    default: Any, description: str, low: float | None = None, high: float | None = None, choices: tuple[str, ...] = ()
) -> Any:
    """One row of the table. Numbers need `low` and `high`: a parameter with a range refuses NaN by itself."""
    if isinstance(default, (int, float)) and not isinstance(default, bool) and (low is None or high is None):
        raise TypeError(f"parameter '{description}' is a number without a range")
    return field(default=default, metadata={"row": _Row(description, low, high, choices)})


ParametersT = TypeVar("ParametersT")


def declare_parameters(node: Node, kind: type[ParametersT], read_only: bool) -> None:
    """Declares every field of `kind`, overrides from the command line and files included. Raises `ParameterError`."""
    for item in fields(kind):  # type: ignore[arg-type]
        try:
            node.declare_parameter(item.name, item.default, _descriptor(item, read_only))
        except InvalidParameterTypeException as error:
            raise ParameterError(f"parameter '{item.name}' has the wrong type: {error}; {_expected(item)}") from None
        except InvalidParameterValueException as error:
            raise ParameterError(f"parameter '{item.name}' is refused: {error}; {_expected(item)}") from None


def read_parameters(node: Node, kind: type[ParametersT]) -> ParametersT:
    """The values of now. Raises `ParameterError` for one that is not among its choices."""
    values = {item.name: node.get_parameter(item.name).value for item in fields(kind)}  # type: ignore[arg-type]
    for item in fields(kind):  # type: ignore[arg-type]
        choices = item.metadata["row"].choices
        if choices and values[item.name] not in choices:
            raise ParameterError(f"parameter '{item.name}' is '{values[item.name]}'; {_expected(item)}")
    return kind(**values)


def _descriptor(item: Field[Any], read_only: bool) -> ParameterDescriptor:
    row: _Row = item.metadata["row"]
    descriptor = ParameterDescriptor(description=row.description, read_only=read_only)
    if row.choices:
        descriptor.additional_constraints = f"one of: {', '.join(row.choices)}"
    if isinstance(item.default, float):
        descriptor.floating_point_range = [FloatingPointRange(from_value=row.low, to_value=row.high, step=0.0)]
    elif isinstance(item.default, int) and not isinstance(item.default, bool):
        descriptor.integer_range = [IntegerRange(from_value=int(row.low), to_value=int(row.high), step=1)]
    return descriptor


def _expected(item: Field[Any]) -> str:
    row: _Row = item.metadata["row"]
    kind = type(item.default).__name__
    if row.choices:
        return f"expected one of: {', '.join(row.choices)}"
    if row.low is not None and row.high is not None and math.isfinite(row.low):
        return f"expected a {kind} from {row.low} to {row.high}"
    return f"expected a {kind} such as {item.default!r}"
