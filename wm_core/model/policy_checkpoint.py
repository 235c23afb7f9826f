"""Policies on disk, beside the world model whose latents they see: `NAME.safetensors`, `NAME.sha256`, a part of `config.yaml`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from safetensors import SafetensorError
from safetensors.torch import load_file

from wm_core.config import save_config
from wm_core.model.checkpoint import CONFIG, WEIGHTS, CheckpointError, load_card
from wm_core.model.prior import GoalPolicy
from wm_core.model.tensors import save_tensors
from wm_core.model.world_model import JepaWorldModel

PolicyName = Literal["prior", "inverse_dynamics"]


def save_policy(policy: GoalPolicy, folder: Path, name: PolicyName) -> None:
    """Into the folder of its world model. The hash file names the model's weights too: latents of others mean other things.

    Raises `CheckpointError`.
    """
    folder = Path(folder)
    file = f"{name}.safetensors"
    save_tensors(policy.state_dict(), folder / file)
    (folder / f"{name}.sha256").write_text("".join(f"{_digest(folder / part)}  {part}\n" for part in (file, WEIGHTS)))
    save_config(load_card(folder).model_copy(update={name: policy.config}), folder / CONFIG)


def load_policy(folder: Path, name: PolicyName, world_model: JepaWorldModel) -> GoalPolicy:
    """On the device of `world_model`, which is the one in `folder`; ready to infer. Raises `CheckpointError`, `ConfigError`."""
    folder = Path(folder)
    config = getattr(load_card(folder), name)
    if config is None:
        raise CheckpointError(f"the model at {folder} has no {name}; `wm prior` fits one")
    _check_hashes(folder, name)
    policy = GoalPolicy(config, world_model)
    path = folder / f"{name}.safetensors"
    try:
        policy.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError) as error:
        text = " ".join(str(error).split())
        raise CheckpointError(f"{path} does not fit {CONFIG}: {text[:300]}") from error
    broken = [key for key, tensor in policy.state_dict().items() if not tensor.isfinite().all()]
    if broken:
        raise CheckpointError(f"{path} holds NaN or infinity in: {', '.join(broken)}")
    return policy.to(world_model.device).eval().requires_grad_(False)


def _check_hashes(folder: Path, name: str) -> None:
    file, hashes = f"{name}.safetensors", folder / f"{name}.sha256"
    for path in (folder / file, hashes):
        if not path.is_file():
            raise CheckpointError(f"{CONFIG} at {folder} tells of a {name}, and {path.name} is missing")
    said = dict(line.split()[::-1] for line in hashes.read_text().splitlines() if len(line.split()) == 2)
    if said.get(file) != _digest(folder / file):
        raise CheckpointError(f"{folder / file} is damaged or was changed: its SHA-256 is not the one in {hashes.name}")
    if said.get(WEIGHTS) != _digest(folder / WEIGHTS):
        raise CheckpointError(f"{folder / file} was fitted to another {WEIGHTS} than the one beside it; run `wm prior` again")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
