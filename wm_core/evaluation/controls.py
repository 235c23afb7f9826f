"""Results of the controls on disk: a second policy on the same seeds need not run them again."""

from __future__ import annotations

import os
from pathlib import Path

from wm_core.config import Strict
from wm_core.evaluation.conditions import Conditions
from wm_core.evaluation.episode import EpisodeResult


class _Entry(Strict):
    conditions: Conditions
    policy: str
    episodes: tuple[EpisodeResult, ...]


class _File(Strict):
    entries: tuple[_Entry, ...] = ()


class ControlStore:
    """By conditions, policy and seed. Remove the file when the simulator has changed: `check` then refuses it."""

    def __init__(self, path: Path | None = None) -> None:
        """path: None keeps nothing beyond this process. Raises `ValueError` for a file of another kind."""
        self._path = path
        self._found: dict[tuple[str, str], dict[int, EpisodeResult]] = {}
        if path is not None and path.exists():
            try:
                kept = _File.model_validate_json(path.read_text())
            except ValueError as error:
                raise ValueError(f"{path} is no file of controls: {str(error).splitlines()[0]}") from error
            for entry in kept.entries:
                self._found[_key(entry.conditions, entry.policy)] = {one.seed: one for one in entry.episodes}

    def get(self, conditions: Conditions, policy: str, seed: int) -> EpisodeResult | None:
        """The result, where there is one."""
        return self._found.get(_key(conditions, policy), {}).get(seed)

    def put(self, conditions: Conditions, policy: str, result: EpisodeResult) -> None:
        """Keeps it; `save` writes."""
        self._found.setdefault(_key(conditions, policy), {})[result.seed] = result

    def check(self, stored: EpisodeResult, fresh: EpisodeResult) -> None:
        """Raises `ValueError` where the scene of a stored seed is not the one that stands there today."""
        if abs(stored.start_distance_m - fresh.start_distance_m) > 1e-6:
            raise ValueError(
                f"{self._path} is of another simulator: seed {fresh.seed} started {stored.start_distance_m:.4f} m from "
                f"the goal there and {fresh.start_distance_m:.4f} m here; remove the file"
            )

    def save(self) -> None:
        """Whole or not at all."""
        if self._path is None:
            return
        entries = [
            _Entry(
                conditions=Conditions.model_validate_json(conditions),
                policy=policy,
                episodes=tuple(episodes[seed] for seed in sorted(episodes)),
            )
            for (conditions, policy), episodes in self._found.items()
        ]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".partial")
        partial.write_text(_File(entries=tuple(entries)).model_dump_json())
        os.replace(partial, self._path)


def _key(conditions: Conditions, policy: str) -> tuple[str, str]:
    return conditions.model_dump_json(), policy
