"""An argument of a launch description."""

from __future__ import annotations

from typing import Any, Optional

from .. import logging
from ..action import Action
from ..launch_context import LaunchContext
from ..some_substitutions_type import SomeSubstitutionsType
from ..utilities import normalize_to_list_of_substitutions, perform_substitutions


class DeclareLaunchArgument(Action):
    """Makes sure that the launch configuration of this name is set, and to a valid choice."""

    def __init__(
        self,
        name: str,
        *,
        default_value: Optional[SomeSubstitutionsType] = None,
        description: Optional[str] = None,
        choices: Optional[list[str]] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        _check_choices(choices, default_value)
        self.name = name
        self.choices = choices
        self.description = _describe(description, choices)
        self.default_value = (
            None if default_value is None else normalize_to_list_of_substitutions(default_value))
        self._conditionally_included = False

    def execute(self, context: LaunchContext) -> None:
        configurations = context.launch_configurations
        if self.name not in configurations:
            if self.default_value is None:
                logging.get_logger(__name__).error(
                    'Required launch argument "%s" (description: "%s") was not provided',
                    self.name, self.description)
                raise RuntimeError(f'Required launch argument "{self.name}" was not provided.')
            configurations[self.name] = perform_substitutions(context, self.default_value)
        if self.choices is not None and configurations[self.name] not in self.choices:
            message = (f'Argument "{self.name}" provided value "{configurations[self.name]}" '
                       f'is not valid. Valid options are: {self.choices}')
            logging.get_logger(__name__).error(message)
            raise RuntimeError(message)


def _check_choices(choices: Optional[list[str]], default_value: Any) -> None:
    if choices is None:
        return
    if not choices:
        raise RuntimeError('Provided choices arg is empty. Use None to ignore the choice list.')
    if isinstance(default_value, str) and default_value not in choices:
        raise RuntimeError(
            f'Provided default_value "{default_value}" is not in provided choices "{choices}".')


def _describe(description: Optional[str], choices: Optional[list[str]]) -> str:
    if choices is None:
        return 'no description given' if description is None else description
    if description is None:
        return f'One of: {choices}'
    stop = '' if description.endswith('.') else '.'
    return f'{description}{stop} Valid choices are: {choices}'
