"""A planner with single settings over those of its model, as text from a command line."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from wm_core.agent import WorldModelAgent, load_agent
from wm_core.config import ConfigError, PlannerConfig, parse_config, save_config
from wm_core.model.checkpoint import CONFIG, load_card


def load_agent_with(folder: Path, device: str, settings: Sequence[str]) -> WorldModelAgent:
    """The agent of a model folder. settings: see `override_planner`. Raises `CheckpointError`, `ConfigError`."""
    if not settings:
        return load_agent(folder, device)
    card = load_card(folder)
    changed = card.model_copy(update={"planner": override_planner(card.planner, settings)})
    # The same folder with another config.yaml: whatever else lies beside the weights is taken as it is.
    with tempfile.TemporaryDirectory() as beside:
        for entry in folder.resolve().iterdir():
            (Path(beside) / entry.name).symlink_to(entry)
        (Path(beside) / CONFIG).unlink()
        save_config(changed, Path(beside) / CONFIG)
        return load_agent(Path(beside), device)


def override_planner(config: PlannerConfig, settings: Sequence[str]) -> PlannerConfig:
    """settings: 'planner.samples=256' or 'planner.weights.effort=0' each, later ones win. Raises `ConfigError`."""
    data = config.model_dump()
    for setting in settings:
        name, equals, value = setting.partition("=")
        parts = name.strip().split(".")
        if not equals or parts[0] != "planner" or len(parts) < 2:
            raise ConfigError(f"--set '{setting}': expected planner.NAME=VALUE, such as planner.samples=256")
        if parts[1] == "seed":
            raise ConfigError(f"--set '{setting}': an evaluation plans with the seed of each episode; give --seed, of the first one")
        inner = data
        for part in parts[1:-1]:
            if not isinstance(inner.setdefault(part, {}), dict):
                raise ConfigError(f"--set '{setting}': '{part}' is one value, it has no parts")
            inner = inner[part]
        try:
            inner[parts[-1]] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise ConfigError(f"--set '{setting}': '{value}' is not a value") from None
    return parse_config(PlannerConfig, data, "--set")
