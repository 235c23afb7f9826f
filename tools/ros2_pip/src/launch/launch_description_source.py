"""Where a launch description comes from."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Optional

from .launch_context import LaunchContext
from .some_substitutions_type import SomeSubstitutionsType
from .utilities import normalize_to_list_of_substitutions, perform_substitutions

if TYPE_CHECKING:
    from .launch_description import LaunchDescription


class LaunchDescriptionSource:
    """A launch description that is already there, or is loaded from a location."""

    def __init__(
        self,
        launch_description: Optional[LaunchDescription] = None,
        location: SomeSubstitutionsType = '<string>',
    ) -> None:
        self._launch_description = launch_description
        self._location = normalize_to_list_of_substitutions(location)
        self._expanded_location: Optional[str] = None

    @property
    def location(self) -> str:
        """The location: expanded once loaded, as written before."""
        if self._expanded_location is not None:
            return self._expanded_location
        return ' + '.join(str(sub) for sub in self._location)

    def get_launch_description(self, context: LaunchContext) -> LaunchDescription:
        """Return the description, loading it at the first call."""
        if self._expanded_location is None:
            self._expanded_location = perform_substitutions(context, self._location)
        if self._launch_description is None:
            self._launch_description = self._load(self._expanded_location)
        return self._launch_description

    def try_get_launch_description_without_context(self) -> Optional[LaunchDescription]:
        """Return the description if that is possible before launching, for introspection."""
        if self._launch_description is not None:
            return self._launch_description
        try:
            return self._load(perform_substitutions(LaunchContext(), self._location))
        except Exception:
            logging.getLogger(__name__).debug('not loadable without context', exc_info=True)
            return None

    def _load(self, location: str) -> LaunchDescription:
        raise RuntimeError('launch description source has no launch description')
