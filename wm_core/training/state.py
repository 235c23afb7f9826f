"""A training run on disk, so that it can be killed and resumed with the same result."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from wm_core.model.tensors import CheckpointError, save_tensors

STATE = "training.safetensors"


def save_state(
    path: Path, model: nn.Module, optimiser: torch.optim.Optimizer, step: int, target: nn.Module | None = None
) -> None:
    """Whole or not at all: weights, optimiser moments, the number of steps done and, where there is one, the slow target.

    Raises `CheckpointError` where it cannot be written.
    """
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    if target is not None:
        tensors |= {f"target.{name}": tensor for name, tensor in target.state_dict().items()}
    for name, parameter in model.named_parameters():
        for key, value in optimiser.state.get(parameter, {}).items():
            tensors[f"optimiser.{name}/{key}"] = torch.as_tensor(value)
    save_tensors(tensors, path, metadata={"step": json.dumps(step)})


def load_state(
    path: Path, model: nn.Module, optimiser: torch.optim.Optimizer, target: nn.Module | None = None
) -> int:
    """Restores all in place; returns the number of steps done. Raises `CheckpointError`."""
    step, tensors = _read(path)
    for prefix, module in (("model.", model), ("target.", target)):
        if module is not None:
            _restore(module, _below(prefix, tensors), path)
    for name, parameter in model.named_parameters():
        moments = _below(f"optimiser.{name}/", tensors)
        if moments:
            # The step counter stays on the CPU, as AdamW wants it; the moments go where the weights are.
            optimiser.state[parameter] = {k: v if k == "step" else v.to(parameter.device) for k, v in moments.items()}
    return step


def _read(path: Path) -> tuple[int, dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            return int(json.loads(file.metadata()["step"])), {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged ({error}); remove it to begin the run anew") from error


def _restore(module: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    try:
        module.load_state_dict(tensors)
    except RuntimeError as error:
        text = " ".join(str(error).split())
        raise CheckpointError(f"{path} does not fit the configuration beside it: {text[:300]}") from error


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
