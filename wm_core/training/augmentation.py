"""Looks that a camera may give the same scene: light, contrast, colour, glare, a knock, something in the way."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from wm_core.config import TrainingConfig

# At strength 1. Gains are factors, offsets and glare grey levels.
CONTRAST, COLOUR, BRIGHTNESS, GLARE = 0.4, 0.25, 40.0, 200.0


def augment(images: Tensor, config: TrainingConfig, generator: torch.Generator) -> Tensor:
    """images: (B, T, 3V, h, w) uint8 -> the same shape, floats in 0..255; `images` themselves where all is off.

    One look a window, as light stays while an arm moves; in `light_change` of the windows it changes once, so that
    a picture and a goal that were taken under different light still lie near each other.
    """
    if config.intruders > 0.0:
        images = _intrude(images, config.intruders, generator)
    if config.recolour > 0.0:
        images = _recolour(images, config, generator)
    if config.augmentation > 0.0:
        images = _relight(images, config, generator)
    if config.shift > 0.0:
        images = _shift(images, config.shift, generator)
    return images


def _relight(images: Tensor, config: TrainingConfig, generator: torch.Generator) -> Tensor:
    batch, time, channels, height, width = images.shape
    gain, offset, blobs = (part.to(images.device) for part in _looks(batch, channels, height, width, config, generator))
    if config.light_change == 0.0:
        bright = images * gain[0, :, None, :, None, None] + (offset[0, :, :, None, None] + blobs[0])[:, None]
        return bright.clamp_(0.0, 255.0)
    which = _changed(batch, time, config.light_change, generator).to(images.device)
    rows = torch.arange(batch, device=images.device)[:, None]
    bright = images * gain[which, rows][..., None, None] + (offset[..., None, None] + blobs)[which, rows]
    return bright.clamp_(0.0, 255.0)


def _changed(batch: int, time: int, share: float, generator: torch.Generator) -> Tensor:
    """(B, T) of 0, the first look, and 1, the second: in `share` of the windows it changes once."""
    later = torch.arange(time) >= torch.randint(1, time, (batch, 1), generator=generator)
    return ((torch.rand(batch, 1, generator=generator) < share) & later).long()


def _recolour(images: Tensor, config: TrainingConfig, generator: torch.Generator) -> Tensor:
    """Turns all hues of a window by one angle; greys stay. A part of another colour is still the part."""
    batch, time = images.shape[:2]
    angle = config.recolour * math.pi * (2.0 * torch.rand(2, batch, generator=generator) - 1.0)
    turns = _hue_turn(angle)[_changed(batch, time, config.light_change, generator), torch.arange(batch)[:, None]]
    split = images.float().unflatten(2, (-1, 3))
    turned = torch.einsum("btij,btvjhw->btvihw", turns.to(images.device), split)
    return turned.flatten(2, 3).clamp_(0.0, 255.0)


def _hue_turn(angle: Tensor) -> Tensor:
    """angle: (...,) rad -> (..., 3, 3), the turn about the axis of greys (Rodrigues)"""
    axis = torch.full((3,), 1.0 / math.sqrt(3.0))
    cross = torch.tensor([[0.0, -axis[2], axis[1]], [axis[2], 0.0, -axis[0]], [-axis[1], axis[0], 0.0]])
    cosine, sine = angle.cos()[..., None, None], angle.sin()[..., None, None]
    return cosine * torch.eye(3) + sine * cross + (1.0 - cosine) * torch.outer(axis, axis)


def _looks(
    batch: int, channels: int, height: int, width: int, config: TrainingConfig, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Two looks a window: gain (2, B, C), offset (2, B, C) and glare (2, B, C, h, w)."""
    strength = config.augmentation
    views = channels // 3

    def centred(*shape: int) -> Tensor:
        return 2.0 * torch.rand(*shape, generator=generator) - 1.0

    gain = (1.0 + strength * CONTRAST * centred(2, batch, 1)) * (1.0 + strength * COLOUR * centred(2, batch, channels))
    # Contrast turns about the middle grey.
    offset = 127.5 * (1.0 - gain) + strength * BRIGHTNESS * centred(2, batch, 1)
    # Glare: half of the views of half of the windows have a soft bright spot.
    shape = (2, batch, views)
    there = (torch.rand(shape, generator=generator) < 0.5) & (torch.rand(2, batch, 1, generator=generator) < 0.5)
    height_of = strength * GLARE * torch.rand(shape, generator=generator) * there
    radius = 0.05 + 0.15 * torch.rand(shape, generator=generator)  # of the picture's side
    rows = torch.linspace(0.0, 1.0, height) - torch.rand(*shape, 1, generator=generator)
    columns = torch.linspace(0.0, 1.0, width) - torch.rand(*shape, 1, generator=generator)
    vertical, horizontal = (torch.exp(-0.5 * (line / radius[..., None]).square()) for line in (rows, columns))
    blobs = height_of[..., None, None] * vertical[..., :, None] * horizontal[..., None, :]
    return gain, offset, blobs.repeat_interleave(3, dim=2)


def _intrude(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """In `share` of the windows a box of one colour lies over each view, from some moment of the window on."""
    batch, time, channels, height, width = images.shape
    views = channels // 3
    shape = (batch, views)
    there = torch.rand(batch, 1, generator=generator) < share
    middle = torch.rand(2, *shape, 1, generator=generator)
    half = 0.06 + 0.14 * torch.rand(2, *shape, 1, generator=generator)  # of the picture's side
    rows, columns = ((torch.linspace(0.0, 1.0, size) - at).abs() < most for size, at, most in zip((height, width), middle, half))
    covered = rows[..., :, None] & columns[..., None, :] & there[..., None, None]  # (B, V, h, w)
    begun = torch.arange(time) >= torch.randint(0, time, (batch, 1), generator=generator)
    colour = torch.randint(0, 256, (batch, 1, channels, 1, 1), generator=generator, dtype=torch.uint8)
    mask = (covered.repeat_interleave(3, dim=1)[:, None] & begun[..., None, None, None]).to(images.device)
    return torch.where(mask, colour.to(images), images)


def _shift(images: Tensor, furthest: float, generator: torch.Generator) -> Tensor:
    """Moves each window by up to `furthest` px along both axes, between pixels too (bilinear, borders repeated)."""
    batch, time = images.shape[:2]
    height, width = images.shape[-2:]
    flat = functional.pad(images.flatten(0, 1).float(), (1, 1, 1, 1), mode="replicate").unflatten(0, (batch, time))
    way = furthest * (2.0 * torch.rand(2, batch, 1, 1, 1, 1, generator=generator) - 1.0).to(images.device)
    taps = (-way).clamp_min(0.0), 1.0 - way.abs(), way.clamp_min(0.0)
    flat = sum(tap[0] * flat[..., at : at + height, :] for at, tap in enumerate(taps))
    return sum(tap[1] * flat[..., at : at + width] for at, tap in enumerate(taps))
