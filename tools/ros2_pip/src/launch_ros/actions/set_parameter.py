"""A parameter for all nodes."""

from __future__ import annotations

from typing import Any

from launch.action import Action
from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType

from ..evaluate_parameters import evaluate_parameter_dict


class SetParameter(Action):
    """Sets a parameter in the nodes that follow, within the enclosing scope."""

    def __init__(self, name: SomeSubstitutionsType, value: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.name = name
        self.value = value

    def execute(self, context: LaunchContext) -> None:
        evaluated = evaluate_parameter_dict(context, [(self.name, self.value)])
        known = context.launch_configurations.get('global_params', [])
        context.launch_configurations['global_params'] = [*known, *evaluated.items()]
