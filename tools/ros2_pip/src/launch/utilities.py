"""Helpers shared by actions, conditions and substitutions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Optional

from .launch_description_entity import LaunchDescriptionEntity
from .some_entities_type import SomeEntitiesType
from .some_substitutions_type import SomeSubstitutionsType
from .substitution import Substitution, TextSubstitution

if TYPE_CHECKING:
    from .launch_context import LaunchContext


def normalize_to_list_of_substitutions(subs: SomeSubstitutionsType) -> list[Substitution]:
    """Turn text, a substitution, or an iterable of both into a list of substitutions."""
    if isinstance(subs, (str, Substitution)):
        subs = [subs]
    return [_to_substitution(item) for item in subs]


def _to_substitution(item: object) -> Substitution:
    if isinstance(item, Substitution):
        return item
    if isinstance(item, str):
        return TextSubstitution(text=item)
    raise TypeError(
        f"Failed to normalize given item of type '{type(item)}', when only "
        "'str' or 'launch.Substitution' were expected.")


def normalize_to_list_of_entities(
    entities: Optional[SomeEntitiesType],
) -> list[LaunchDescriptionEntity]:
    """Turn nothing, one entity, or an iterable of entities into a list of entities."""
    if entities is None:
        return []
    if isinstance(entities, LaunchDescriptionEntity):
        return [entities]
    return [entity for entity in entities if entity is not None]


def perform_substitutions(context: LaunchContext, subs: Iterable[Substitution]) -> str:
    """Perform the substitutions and join their texts."""
    return ''.join(sub.perform(context) for sub in subs)


def perform(context: LaunchContext, subs: SomeSubstitutionsType) -> str:
    """Normalize and perform in one step."""
    return perform_substitutions(context, normalize_to_list_of_substitutions(subs))


def describe_substitutions(subs: Iterable[Substitution]) -> str:
    """Join the descriptions of the substitutions the way launch prints them."""
    return ' + '.join(sub.describe() for sub in subs)
