"""The value of a Python expression."""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING, Iterable

from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..utilities import (
    describe_substitutions,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)

if TYPE_CHECKING:
    from ..launch_context import LaunchContext


class PythonExpression(Substitution):
    """Performs to `str()` of the evaluated text; the names of `math` are in scope."""

    def __init__(
        self,
        expression: SomeSubstitutionsType,
        python_modules: Iterable[str] = ('math',),
    ) -> None:
        self.expression = normalize_to_list_of_substitutions(expression)
        self.python_modules = normalize_to_list_of_substitutions(python_modules)

    def describe(self) -> str:
        modules = ', '.join(sub.describe() for sub in self.python_modules)
        return f'PythonExpr({describe_substitutions(self.expression)}, [{modules}])'

    def perform(self, context: LaunchContext) -> str:
        names: dict[str, object] = {}
        for sub in self.python_modules:
            module = importlib.import_module(sub.perform(context))
            names.update(vars(math) if module is math else {})
            names[module.__name__] = module
        return str(eval(perform_substitutions(context, self.expression), {}, names))
