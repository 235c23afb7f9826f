"""Path components, joined."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Iterable, Union

from ..substitution import Substitution
from ..utilities import describe_substitutions, normalize_to_list_of_substitutions

if TYPE_CHECKING:
    from ..launch_context import LaunchContext


class PathJoinSubstitution(Substitution):
    """Performs to the path made of the components."""

    def __init__(self, substitutions: Iterable[Union[str, Substitution]]) -> None:
        self.substitutions = normalize_to_list_of_substitutions(substitutions)

    def describe(self) -> str:
        return f"PathJoin('{describe_substitutions(self.substitutions)}')"

    def perform(self, context: LaunchContext) -> str:
        return os.path.join(*(sub.perform(context) for sub in self.substitutions))
