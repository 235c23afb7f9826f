"""Text that is worked out while launching."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .launch_context import LaunchContext


class Substitution:
    """Base of everything that turns into text once a launch context is known."""

    def describe(self) -> str:
        """Return the text that stands for this substitution before it is performed."""
        return repr(self)

    def perform(self, context: LaunchContext) -> str:
        """Return the text this substitution stands for in the given context."""
        raise NotImplementedError


class TextSubstitution(Substitution):
    """Plain text."""

    def __init__(self, *, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"TextSubstitution expected str, got '{type(text)}'")
        self.text = text

    def describe(self) -> str:
        return f"'{self.text}'"

    def perform(self, context: LaunchContext) -> str:
        return self.text
