"""Ways around obstacles, for a search that would stop in front of them."""

from __future__ import annotations

from itertools import permutations

import torch
from torch import Tensor
from torch.nn.functional import pad

from wm_core.planning.prior import Guesses

SHARE = 0.5  # of the samples, at most
_SWITCHES = (0.25, 0.5)  # of the horizon, where the second leg begins


def detours(horizon: int) -> Tensor:
    """-> (48, H, 3): at full speed along one axis, then along another: over, aside or back, and on.

    Where the goal is a picture, nobody knows its direction: all six are tried.
    """
    axes = torch.cat([torch.eye(3), -torch.eye(3)])
    legs = [(first, second) for first, second in permutations(axes, 2) if first @ second == 0]
    ways = []
    for share in _SWITCHES:
        switch = max(1, round(share * horizon))
        ways += [torch.cat([first.expand(switch, 3), second.expand(horizon - switch, 3)]) for first, second in legs]
    return torch.stack(ways)


def with_detours(
    guesses: Guesses | None, samples: int, horizon: int, dimension: int, generator: torch.Generator
) -> Guesses:
    """Those of a prior, if any, and detours, up to half of `samples`; of more dimensions than three the others stay 0."""
    ways = detours(horizon)
    chosen = torch.randperm(len(ways), generator=generator)[: round(SHARE * samples)]
    fitted = pad(ways[chosen], (0, dimension - 3))
    if guesses is None:
        return Guesses((), fitted)
    return Guesses(guesses.modes, torch.cat([guesses.samples, fitted.to(guesses.samples)])[-samples:])
