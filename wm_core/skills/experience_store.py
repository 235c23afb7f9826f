"""Experience on disk, beside the model that imagined the skills: `skills.yaml`. Nothing is unpickled."""

from __future__ import annotations

from pathlib import Path

from wm_core.config import load_config, save_config
from wm_core.model.checkpoint import model_hash
from wm_core.skills.experience import Experience

FILE = "skills.yaml"


class ExperienceError(ValueError):
    """The experience beside a model is not its own; the message says what to do."""


def save_experience(experience: Experience, folder: Path) -> None:
    """Into the folder of the model that it was made with."""
    save_config(experience, Path(folder) / FILE)


def load_experience(folder: Path) -> Experience | None:
    """None where the model has none. Raises `ConfigError`, `CheckpointError`, and `ExperienceError` where it is of other weights."""
    path = Path(folder) / FILE
    if not path.is_file():
        return None
    experience = load_config(Experience, path)
    if experience.model_sha256 != model_hash(folder):
        raise ExperienceError(f"{path} was fitted to other weights; fit it again (`benchmarks/skills.py --fit`) or remove it")
    return experience
