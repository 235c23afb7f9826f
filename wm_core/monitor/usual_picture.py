"""What a camera usually shows while the tool is somewhere: an arm hides the same of the scene whenever it is there."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

SAMPLES = 4096  # moments that are kept; more cost time on every frame
AREA = 3  # cells of the picture that must be off: a forearm covers them before it is near, noise does not
_SIDE = 16  # cells on each side of a picture
_WIDTH = 0.03  # m, standard deviation of the kernel
_DOUBT = 1.0  # samples' worth of the statistics over all places
_FLOOR = 0.02  # least standard deviation of a cell, of the range from black to white
_UNKNOWN = 0.25  # of a cell where the tool was hardly ever: then little is strange
_LEAST = 3.0  # deviations that are ordinary anywhere
_NEAR = 5.0  # widths; all moments farther away together weigh less than a hundredth of one sample
_JUDGING = 3  # of so many clean episodes one says what is ordinary, and the others are remembered


def coarse(images: Tensor) -> Tensor:
    """images: (T, 3 V, h, w) uint8 -> (T, V, 3, C) uint8, colours of C cells a view."""
    cells = functional.adaptive_avg_pool2d(images.float(), _SIDE).round().to(torch.uint8)
    return cells.view(len(images), -1, 3, _SIDE * _SIDE)


class UsualPicture:
    """Mean and spread of every cell's colours over clean moments with the tool nearby (kernel regression, Nadaraya 1964).

    How far off a cell may be differs from cell to cell: a part may lie here or there on the table, and never hangs in
    the air beside it. So deviations count as multiples of the largest that clean episodes showed at that cell.
    """

    def __init__(self, tool: Tensor, cells: Tensor, ordinary: Tensor, area: int | Tensor = AREA) -> None:
        """tool: (N, 3) m; cells: (N, 3, C) uint8, what was seen with the tool there.

        ordinary: (C,), deviations that are nothing to speak of. area: cells that must be off by more.
        """
        self.tool, self.cells, self.ordinary, self.area = tool, cells, ordinary, int(area)
        self._colours = cells.flatten(1).float() / 255.0
        # What is known of nowhere in particular; once, because every frame asks for it.
        self._mean, self._square = _DOUBT * self._colours.mean(0), _DOUBT * self._colours.square().mean(0)

    @classmethod
    def fitted(cls, tools: Sequence[Tensor], cells: Sequence[Tensor], seed: int) -> UsualPicture:
        """tools: (T, 3) m and cells: (T, 3, C) of each clean episode, two or more.

        At most `SAMPLES` of their moments are kept.
        """
        known = [number for number in range(len(tools)) if number % _JUDGING]
        tool, seen = torch.cat([tools[number] for number in known]), torch.cat([cells[number] for number in known])
        generator = torch.Generator().manual_seed(seed)
        kept = torch.randperm(len(tool), generator=generator)[:SAMPLES].sort().values.to(tool.device)
        found = cls(tool[kept], seen[kept], torch.full(seen.shape[-1:], _LEAST, device=seen.device))
        judging = range(0, len(tools), _JUDGING)
        largest = torch.stack([found._off(cells[number], tools[number]).amax(0) for number in judging]).amax(0)
        return cls(found.tool, found.cells, _around(largest).clamp_min(_LEAST))

    def strangeness(self, cells: Tensor, tool: Tensor) -> Tensor:
        """cells: (T, 3, C) uint8 seen, tool: (T, 3) m -> (T,), by how much more than ordinary `area` cells are off."""
        return (self._off(cells, tool) / self.ordinary).topk(self.area, dim=-1).values[..., -1]

    def _off(self, cells: Tensor, tool: Tensor) -> Tensor:
        """As of `strangeness` -> (T, C) deviations, of the colour that is off most."""
        distance = torch.cdist(tool.to(self.tool), self.tool) / _WIDTH
        near = (distance < _NEAR).any(0)
        weight, colours = torch.exp(-0.5 * distance[:, near].square()), self._colours[near]
        total = weight.sum(-1, keepdim=True) + _DOUBT
        mean = (weight @ colours + self._mean) / total
        square = (weight @ colours.square() + self._square) / total
        spread = ((square - mean.square()).clamp_min(_FLOOR**2) + _UNKNOWN**2 / total).sqrt()
        return ((cells.flatten(1).to(mean) / 255.0 - mean).abs() / spread).view(cells.shape).amax(1)

    def tensors(self) -> dict[str, Tensor]:
        """What it was made from, by name."""
        return {"tool": self.tool, "cells": self.cells, "ordinary": self.ordinary, "area": torch.tensor(self.area)}


def _around(values: Tensor) -> Tensor:
    """(C,) -> the largest of each cell and its neighbours: what was seen here might as well have been there."""
    return functional.max_pool2d(values.view(1, _SIDE, _SIDE), 3, stride=1, padding=1).view_as(values)
