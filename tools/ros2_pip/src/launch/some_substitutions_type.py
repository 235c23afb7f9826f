"""The types accepted wherever launch asks for text."""

from typing import Iterable, Union

from .substitution import Substitution

SomeSubstitutionsType = Union[str, Substitution, Iterable[Union[str, Substitution]]]
