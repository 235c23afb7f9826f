"""Including another launch description."""

from __future__ import annotations

from typing import Any, Iterable, Optional, Union

from ..action import Action
from ..launch_context import LaunchContext
from ..launch_description import LaunchDescription
from ..launch_description_entity import LaunchDescriptionEntity
from ..launch_description_source import LaunchDescriptionSource
from ..launch_description_sources import PythonLaunchDescriptionSource
from ..some_substitutions_type import SomeSubstitutionsType
from ..utilities import perform
from .set_launch_configuration import SetLaunchConfiguration

LaunchArguments = Iterable[tuple[SomeSubstitutionsType, SomeSubstitutionsType]]


class IncludeLaunchDescription(Action):
    """Sets launch configurations, then yields the included description.

    Both stay in force after the include, unless it stands in a scoped group.
    """

    def __init__(
        self,
        launch_description_source: Union[LaunchDescriptionSource, SomeSubstitutionsType],
        *,
        launch_arguments: Optional[LaunchArguments] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(launch_description_source, LaunchDescriptionSource):
            launch_description_source = PythonLaunchDescriptionSource(launch_description_source)
        self.launch_description_source = launch_description_source
        self.launch_arguments = tuple(launch_arguments or ())

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        found = self.launch_description_source.try_get_launch_description_without_context()
        return [] if found is None else [found]

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        description = self.launch_description_source.get_launch_description(context)
        self._check_required_arguments(description, context)
        settings = [SetLaunchConfiguration(name, value) for name, value in self.launch_arguments]
        return [*settings, description]

    def _check_required_arguments(
        self, description: LaunchDescription, context: LaunchContext,
    ) -> None:
        """Raise for an argument that nobody sets, before anything is started."""
        given = self._argument_names(context)
        for argument, includes in description.find_arguments():
            if argument._conditionally_included or argument.default_value is not None:
                continue
            known = [*given, *(n for i in includes for n in i._argument_names(LaunchContext()))]
            if argument.name not in known:
                raise RuntimeError(
                    f"Included launch description missing required argument '{argument.name}' "
                    f"(description: '{argument.description}'), given: [{', '.join(known)}]")

    def _argument_names(self, context: LaunchContext) -> list[str]:
        return [perform(context, name) for name, _ in self.launch_arguments]
