"""The planner that drives an on-policy round."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch

from wm_core.agent import WorldModelAgent
from wm_core.evaluation.overrides import load_agent_with
from wm_core.model.checkpoint import load_card
from wm_core.training.manifest import CollectionConfig, OnPolicyConfig
from wm_core.training.take import CollectionError


def on_policy_round(folder: Path, round_number: int, candidates: int) -> OnPolicyConfig:
    """The round that the model in `folder` drives. Raises `CheckpointError`."""
    load_card(folder)
    return OnPolicyConfig(model=str(folder), digest=_digest(folder), round=round_number, candidates=candidates)


def load_driver(config: OnPolicyConfig) -> WorldModelAgent:
    """For a process of its own, one thread. Raises `CheckpointError`, `CollectionError` where the model is another by now."""
    if _digest(Path(config.model)) != config.digest:
        raise CollectionError(f"the model in {config.model} is not the one that this collection began with")
    torch.set_num_threads(1)
    # Without a deadline: what is planned must not depend on how busy the machine is.
    return load_agent_with(Path(config.model), "cpu", ["planner.deadline=60"])


def require_fit(config: CollectionConfig, gripper: bool) -> None:
    """Raises `CollectionError` when the model of `config.on_policy` sees or moves otherwise than what is collected."""
    model = load_card(Path(config.on_policy.model)).model
    wanted = {"image_size": model.image_size, "step": model.step, "gripper": model.gripper, "views": model.views}
    # More cameras may look on than the model sees with.
    found = {"image_size": config.image_size, "step": config.step, "gripper": gripper, "views": min(config.views, model.views)}
    off = [f"{name} is {found[name]}, the model's {wanted[name]}" for name in wanted if wanted[name] != found[name]]
    if off:
        raise CollectionError(f"{config.on_policy.model} cannot drive this collection: {'; '.join(off)}")


def _digest(folder: Path) -> str:
    """SHA-256 of all that a plan depends on: settings, weights, prior."""
    files = sorted([*folder.glob("*.yaml"), *folder.glob("*.safetensors")])
    return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)).hexdigest()
