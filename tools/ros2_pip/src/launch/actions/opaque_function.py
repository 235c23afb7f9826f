"""Running a Python function."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Optional

from ..action import Action
from ..launch_context import LaunchContext
from ..launch_description_entity import LaunchDescriptionEntity


class OpaqueFunction(Action):
    """Calls `function(context, *args, **kwargs)` and visits the entities it returns."""

    def __init__(
        self, *,
        function: Callable[..., Optional[Iterable[LaunchDescriptionEntity]]],
        args: Iterable[Any] = (),
        kwargs: Optional[dict[str, Any]] = None,
        **left_over_kwargs: Any,
    ) -> None:
        super().__init__(**left_over_kwargs)
        if not callable(function):
            raise TypeError(
                f"OpaqueFunction expected a callable for 'function', got '{type(function)}'")
        self._function = function
        self._args = tuple(args or ())
        self._kwargs = dict(kwargs or {})

    def execute(self, context: LaunchContext) -> Optional[Iterable[LaunchDescriptionEntity]]:
        return self._function(context, *self._args, **self._kwargs)
