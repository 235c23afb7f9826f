"""How far off a picture's reading usually is, wherever the tool is: nothing can be read of a hand that is out of sight."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_WIDTH = 0.03  # m, standard deviation of the kernel
_UNKNOWN = 0.05  # m, at least, where the tool hardly ever was: mostly the picture's edges, where half a hand is to be seen
_DOUBT = 3.0  # samples' worth of that


@dataclass(frozen=True, eq=False)
class UsualError:
    """tool: (N, 3) m, where it was in clean data; squared: (N,) m^2, how far off the reading was there."""

    tool: Tensor
    squared: Tensor

    def at(self, tool: Tensor) -> Tensor:
        """tool: (T, 3) m -> (T,) m, root mean square of the errors around there (kernel regression, Nadaraya 1964)."""
        weight = torch.exp(-0.5 * torch.cdist(tool.to(self.tool), self.tool).square() / _WIDTH**2)
        total = weight @ self.squared + _DOUBT * self.squared.mean().clamp_min(_UNKNOWN**2)
        return (total / (weight.sum(-1) + _DOUBT)).sqrt().clamp_min(1e-6)

    def tensors(self) -> dict[str, Tensor]:
        """The fields by name."""
        return {"tool": self.tool, "squared": self.squared}
