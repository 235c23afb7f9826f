"""Configuration read from YAML. An unknown key is an error that names the nearest known one."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError


class ConfigError(ValueError):
    """The configuration is wrong; the message names the key, the value and what was expected."""


class Strict(BaseModel):
    """Frozen, no unknown keys, no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=())


ConfigT = TypeVar("ConfigT", bound=Strict)


def load_config(kind: type[ConfigT], path: Path | str) -> ConfigT:
    """Reads and validates one YAML file. Raises `ConfigError`."""
    path = Path(path)
    try:
        data = yaml.safe_load(path.read_text())
    except OSError as error:
        raise ConfigError(f"{path}: cannot read the configuration: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not YAML: {error}") from error
    return parse_config(kind, data if data is not None else {}, str(path))


def parse_config(kind: type[ConfigT], data: Any, source: str) -> ConfigT:
    """Validates plain data; `source` names it in messages. Raises `ConfigError`."""
    if not isinstance(data, dict):
        raise ConfigError(f"{source}: expected a mapping of keys to values, got {type(data).__name__}")
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(kind, item, source) for item in error.errors())) from None


def save_config(config: Strict, path: Path | str) -> None:
    """Writes YAML that `load_config` reads back to an equal value."""
    Path(path).write_text(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False))


def _explain(kind: type[BaseModel], item: Any, source: str) -> str:
    where = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        known = _keys_beside(kind, item["loc"])
        near = difflib.get_close_matches(str(item["loc"][-1]), known, n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'?" if near else f"expected one of: {', '.join(known)}"
        return f"{source}: unknown key '{where}'; {hint}"
    if item["type"] == "missing":
        return f"{source}: key '{where}' is missing"
    message = item["msg"].removeprefix("Value error, ")
    if not where:  # about several keys at once, which the message names: all of the file beside it would hide that
        return f"{source}: {message}"
    return f"{source}: {where} = {item['input']!r}: {message}"


def _keys_beside(kind: type[BaseModel], location: tuple[Any, ...]) -> list[str]:
    for part in location[:-1]:
        field = kind.model_fields.get(str(part))  # none for the row of a list: its kind was taken with the list
        inner = None if field is None else _model_in(field.annotation)
        kind = kind if inner is None else inner
    return list(kind.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model of `Model`, `tuple[Model, ...]` or `Model | None`."""
    for found in (annotation, *get_args(annotation)):
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found
    return None
