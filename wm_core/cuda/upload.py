"""From the host's memory to a GPU's, without waiting."""

from __future__ import annotations

import torch
from torch import Tensor


def upload(values: Tensor, device: torch.device) -> Tensor:
    """`values` on `device`; from the host to a GPU after all that it was told before, while the host goes on."""
    return values.to(device) if values.numel() == 0 else _steady(values, device).to(device, non_blocking=True)


def upload_into(held: Tensor, values: Tensor) -> None:
    """The same, into memory that is there already."""
    held.copy_(_steady(values, held.device), non_blocking=True)


def _steady(values: Tensor, device: torch.device) -> Tensor:
    # From memory that may be moved about, the copy would wait for the GPU to be done, and the host for the copy.
    return values.pin_memory() if device.type == "cuda" and values.device.type == "cpu" else values
