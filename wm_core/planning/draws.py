"""Random actions: noise that is alike in neighbouring steps, and seats for candidates that are not drawn."""

from __future__ import annotations

from typing import Callable, Sequence

import torch
from torch import Tensor

from wm_core.planning.evaluator import Scores

Noise = Callable[..., Tensor]
"""*shape -> a tensor of that shape, standard normal."""


def noise_of(generator: torch.Generator, device: torch.device) -> Noise:
    """Drawn by `generator_on` the device."""
    there = generator_on(device, generator)
    return lambda *shape: torch.randn(shape, generator=there, device=device)


def generator_on(device: torch.device, generator: torch.Generator) -> torch.Generator:
    """`generator` itself for the CPU; for a GPU one that draws there, which this one seeds.

    So one seed makes the same plan again on one device, and another plan on another kind of device.
    """
    if device.type == "cpu":
        return generator
    return torch.Generator(device).manual_seed(int(torch.randint(2**62, (), generator=generator)))


def correlation_root(horizon: int, correlation: float) -> Tensor:
    """(H, H), the Cholesky root of correlation^|h - k|: every step keeps unit variance."""
    steps = torch.arange(horizon, dtype=torch.float64)
    return torch.linalg.cholesky(correlation ** (steps[:, None] - steps).abs()).float()


def coloured_root(horizon: int, exponent: float) -> Tensor:
    """(H, 2 H): makes white noise coloured, of power f^-exponent, every step of unit variance; 0 leaves it white.

    The filter of Timmer and Koenig (1995), as iCEM takes it: the constant part has the power of the slowest wave. Waves
    are of twice the horizon, because the ends of a whole period would be alike.
    """
    waves = torch.arange(horizon + 1, dtype=torch.float64).clamp(min=1.0) ** (-exponent / 2.0)
    kernel = torch.fft.irfft(waves, n=2 * horizon)
    kernel = kernel / kernel.norm()
    shifts = torch.arange(horizon)[:, None] - torch.arange(2 * horizon)
    return kernel[shifts % (2 * horizon)].float()


def draw(mean: Tensor, std: Tensor, count: int, root: Tensor, noise: Noise) -> Tensor:
    """mean, std: (H, A), root: (H, K) -> (count, H, A)"""
    return torch.addcmul(mean, std, torch.matmul(root, noise(count, root.shape[1], mean.shape[1])))


def seat(actions: Tensor, chosen: Sequence[Tensor], guided: Tensor | None) -> Tensor:
    """(S, H, A) with `chosen`, (H, A) each, in the first rows, as many as there is room for, and `guided` in the last."""
    if guided is not None:
        actions[len(actions) - len(guided) :] = guided
    chosen = chosen[: len(actions)]
    actions[: len(chosen)] = torch.stack(list(chosen))
    return actions


def around_the_best(scores: Scores, last: int, count: int, std: Tensor, share: float, noise: Noise) -> Tensor:
    """-> (count, H, A), white draws around the best of the last `last` candidates, a `share` of them, at least one."""
    best = torch.topk(scores.costs[-last:], max(1, round(share * last)), largest=False).indices
    centres = scores.candidates.actions[-last:][best]
    around = centres.repeat(-(-count // len(centres)), 1, 1)[:count]
    return torch.addcmul(around, std, noise(count, *std.shape))
