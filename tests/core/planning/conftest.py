"""Noise to plan with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor


@pytest.fixture
def draw() -> Callable[..., Tensor]:
    """draw(3, 4) -> (3, 4) numbers of a normal distribution, in every test the same."""
    generator = torch.Generator().manual_seed(1)  # models are made from 0
    return lambda *shape: torch.randn(*shape, generator=generator)
