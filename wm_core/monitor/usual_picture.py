"""What the cameras usually show while the tool is somewhere: an arm hides the same of the scene whenever it is there."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SAMPLES = 4096  # moments that are kept; more cost time on every frame
_SIDE = 16  # cells on each side of a picture
_AREA = 8  # cells, about 3 % of a picture: more than a part and its shadow cover
_WIDTH = 0.03  # m, standard deviation of the kernel
_DOUBT = 1.0  # samples' worth of the statistics over all places
_FLOOR = 0.02  # least standard deviation of a cell, of the range from black to white
_UNKNOWN = 0.25  # of a cell where the tool was hardly ever: then little is strange


def coarse(images: Tensor) -> Tensor:
    """images: (T, 3 V, h, w) uint8 -> (T, V, 3, C) uint8, colours of C cells a view."""
    cells = functional.adaptive_avg_pool2d(images.float(), _SIDE).round().to(torch.uint8)
    return cells.view(len(images), -1, 3, _SIDE * _SIDE)


class UsualPicture:
    """Mean and spread of every cell's colours over clean moments with the tool nearby (kernel regression, Nadaraya 1964)."""

    def __init__(self, tool: Tensor, cells: Tensor) -> None:
        """tool: (N, 3) m; cells: (N, V, 3, C) uint8, what was seen with the tool there."""
        self.tool, self.cells = tool, cells
        colours = cells.flatten(1).float() / 255.0
        self._colours, self._squares = colours, colours.square()
        # What is known of nowhere in particular; once, because every frame asks for it.
        self._mean, self._square = _DOUBT * self._colours.mean(0), _DOUBT * self._squares.mean(0)

    @classmethod
    def drawn_from(cls, tool: Tensor, cells: Tensor, seed: int) -> UsualPicture:
        """From `SAMPLES` of the moments, where there are more."""
        generator = torch.Generator().manual_seed(seed)
        kept = torch.randperm(len(tool), generator=generator)[:SAMPLES].sort().values.to(tool.device)
        return cls(tool[kept], cells[kept])

    @property
    def views(self) -> int:
        """Cameras."""
        return self.cells.shape[1]

    def strangeness(self, cells: Tensor, tool: Tensor, camera: int | None = None) -> Tensor:
        """cells: (T, V, 3, C) uint8 seen, tool: (T, 3) m -> (T,), how many deviations `_AREA` cells of a view are off, at least.

        camera: the only one that is looked through, V = 1 then; None for all.
        """
        width = self._colours.shape[1] // self.views
        seen = slice(None) if camera is None else slice(camera * width, (camera + 1) * width)
        weight = torch.exp(-0.5 * torch.cdist(tool.to(self.tool), self.tool).square() / _WIDTH**2)
        total = weight.sum(-1, keepdim=True) + _DOUBT
        mean = (weight @ self._colours[:, seen] + self._mean[seen]) / total
        square = (weight @ self._squares[:, seen] + self._square[seen]) / total
        spread = ((square - mean.square()).clamp_min(_FLOOR**2) + _UNKNOWN**2 / total).sqrt()
        off = ((cells.flatten(1).to(mean) / 255.0 - mean).abs() / spread).view(cells.shape)
        # Any of the three colours; and the view that shows most of it.
        return off.amax(2).topk(_AREA, dim=-1).values[..., -1].amax(-1)

    def tensors(self) -> dict[str, Tensor]:
        """What it was made from, by name."""
        return {"tool": self.tool, "cells": self.cells}
