"""A training run on disk, so that it can be killed and resumed with the same result."""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

STATE = "training.safetensors"


def save_state(
    path: Path, model: nn.Module, optimiser: torch.optim.Optimizer, step: int, target: nn.Module | None = None
) -> None:
    """Whole or not at all: weights, optimiser moments, the number of steps done and, where there is one, the slow target."""
    tensors = {f"model.{name}": tensor.contiguous() for name, tensor in model.state_dict().items()}
    if target is not None:
        tensors |= {f"target.{name}": tensor.contiguous() for name, tensor in target.state_dict().items()}
    for name, parameter in model.named_parameters():
        for key, value in optimiser.state.get(parameter, {}).items():
            tensors[f"optimiser.{name}/{key}"] = torch.as_tensor(value).contiguous()
    partial = path.with_suffix(".partial")
    save_file(tensors, partial, metadata={"step": json.dumps(step)})
    os.replace(partial, path)


def load_state(
    path: Path, model: nn.Module, optimiser: torch.optim.Optimizer, target: nn.Module | None = None
) -> int:
    """Restores all in place; returns the number of steps done."""
    with safe_open(path, framework="pt") as file:
        step = json.loads(file.metadata()["step"])
        names = list(file.keys())
        for prefix, module in (("model.", model), ("target.", target)):
            if module is not None:
                module.load_state_dict({n.removeprefix(prefix): file.get_tensor(n) for n in names if n.startswith(prefix)})
        for name, parameter in model.named_parameters():
            prefix = f"optimiser.{name}/"
            moments = {n.removeprefix(prefix): file.get_tensor(n) for n in names if n.startswith(prefix)}
            if moments:
                # The step counter stays on the CPU, as AdamW wants it; the moments go where the weights are.
                optimiser.state[parameter] = {k: v if k == "step" else v.to(parameter.device) for k, v in moments.items()}
    return step
