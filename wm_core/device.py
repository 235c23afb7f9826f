"""Which device to compute on."""

from __future__ import annotations

import torch

from wm_core.config import ConfigError


def choose_device(name: str = "auto") -> torch.device:
    """'auto', 'cpu' or 'cuda'. Raises `ConfigError`."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name not in ("cpu", "cuda"):
        raise ConfigError(f"device '{name}' is not known: expected 'auto', 'cpu' or 'cuda'")
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device 'cuda' was asked for, and torch finds none here; use 'auto' or 'cpu'")
    return torch.device(name)
