"""The value of a launch argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..utilities import (
    describe_substitutions,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)
from .substitution_failure import SubstitutionFailure

if TYPE_CHECKING:
    from ..launch_context import LaunchContext


class LaunchConfiguration(Substitution):
    """Performs to the launch configuration of this name, or to the default."""

    def __init__(
        self, variable_name: SomeSubstitutionsType, *, default: Optional[Any] = None,
    ) -> None:
        self.variable_name = normalize_to_list_of_substitutions(variable_name)
        self._default = None if default is None else _normalize_default(default)

    def describe(self) -> str:
        return f'LaunchConfig({describe_substitutions(self.variable_name)})'

    def perform(self, context: LaunchContext) -> str:
        name = perform_substitutions(context, self.variable_name)
        if name in context.launch_configurations:
            return context.launch_configurations[name]
        if self._default is None:
            raise SubstitutionFailure(f"launch configuration '{name}' does not exist")
        return perform_substitutions(context, self._default)


def _normalize_default(default: Any) -> list[Substitution]:
    items = default if isinstance(default, (list, tuple)) else [default]
    return normalize_to_list_of_substitutions(
        item if isinstance(item, Substitution) else str(item) for item in items)
