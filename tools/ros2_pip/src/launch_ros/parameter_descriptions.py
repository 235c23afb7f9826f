"""How parameters of nodes are written down."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Optional, Union

from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import perform

from .parameter_value import ParameterValue

__all__ = ['Parameter', 'ParameterFile', 'ParameterValue']


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


class ParameterFile:
    """A YAML file with parameters."""

    def __init__(self, param_file: Union[os.PathLike, SomeSubstitutionsType]) -> None:
        self.param_file = param_file

    def evaluate(self, context: LaunchContext) -> Path:
        """Return the path of the file."""
        if isinstance(self.param_file, os.PathLike):
            return Path(self.param_file)
        return Path(perform(context, self.param_file))
