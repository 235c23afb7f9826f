"""The end of an iteration of the cross-entropy method on an NVIDIA GPU, in one launch."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from wm_core.cuda import Launch, in_rows, kernel_on
from wm_core.planning.closing import BEFORE, Closed
from wm_core.planning.evaluator import Scores
from wm_core.planning.sampling import Drawing

SOURCE = Path(__file__).with_name("refit.cu")
THREADS, MOST = 512, 4096  # of the one block; samples, more of which its memory does not hold


class RefitKernel:
    """Implements `Closing` by `refit.cu`: what `CrossEntropySearch` refits to, and the best so far."""

    def __init__(self, launch: Launch, samples: int, elites: int, min_std: float) -> None:
        """launch: of `refit_launch`, for as many samples. elites: of an iteration."""
        self._launch, self._room, self._elites, self._min_std = launch, room_for(samples), elites, min_std

    def __call__(self, drawing: Drawing, scores: Scores, best: Tensor | None, iteration: int) -> Closed:
        """See `Closing`."""
        candidates, shares = scores.candidates, scores.shares
        actions, path, *others = in_rows(
            candidates.actions, candidates.joint_path, candidates.tool_position, candidates.displacements, candidates.gripper
        )
        samples, horizon, size = actions.shape
        numbers, joints, ways, terms = horizon * size, horizon * path.shape[2], 3 * horizon, len(shares)
        gripper = 0 if candidates.gripper is None else horizon
        length = BEFORE + numbers + joints + 2 * ways + gripper + terms
        mean, std, told = torch.empty_like(drawing.mean), torch.empty_like(drawing.std), actions.new_empty(length + numbers)
        scored = scores.costs, actions, path, *others, shares
        sizes = samples, numbers, joints, ways, horizon, terms, self._elites, iteration, length
        shared = 8 * self._room + 4 * (numbers + max(THREADS, numbers))
        before = drawing.mean, drawing.std, best
        self._launch(1, THREADS, [*scored, *before, mean, std, told, *sizes, self._min_std], shared)
        return Closed(Drawing(mean, std, None, drawing.guided), told[:length], told)


@cache
def refit_launch(device: torch.device, samples: int) -> Launch | None:
    """The kernel for no more samples; None where it cannot be had, and for more than `MOST`: tensors do the same."""
    options = (f"-DSAMPLES={room_for(samples)}",)
    return None if samples > MOST else kernel_on(device, SOURCE, "refit", options, "refits go on without a kernel, more slowly")


def room_for(samples: int) -> int:
    """The power of two that the kernel sorts: as many or more."""
    return 1 << (samples - 1).bit_length()
