"""Tool motion on an NVIDIA GPU: all steps of all candidates in one launch, and nothing that the host has to wait for."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from wm_core.cuda import Launch, kernel_on
from wm_core.protocols import Candidates

SOURCE = Path(__file__).with_name("tool_motion.cu")
ROUNDED = ("--prec-div=false", "--prec-sqrt=false")  # to 2 in the last digit, in a fraction of the instructions
THREADS = 32  # of a block: few, so that a population is spread over many multiprocessors


class ToolKernel:
    """`tool_motion.cu` for one arm: does what `ToolMotion.candidates` does with tensors, in their order of arguments.

    A candidate that does not keep the limits goes again from its own first step that does not, where tensors go again
    from the first of any candidate. Both keep them.
    """

    def __init__(self, launch: Launch, arm: Tensor, target: Tensor) -> None:
        """arm: the `Arm` of `tool_motion.cu`, in its order. target: (3, 3), what the tool turns toward."""
        self._launch, self._arm, self._target = launch, arm, target

    def candidates(self, actions: Tensor, start: Tensor, velocity: Tensor | None = None) -> Candidates:
        """See `MotionSpace`."""
        samples, horizon, _ = actions.shape
        actions, stride = _rows(actions)
        joints = start.reshape(-1, start.shape[-1]).contiguous()
        moving = torch.zeros_like(joints) if velocity is None else velocity.reshape(-1, start.shape[-1]).contiguous()
        size = joints.shape[1]
        path = actions.new_empty(samples, horizon, size)
        moved, position = (actions.new_empty(samples, horizon, 3) for _ in range(2))
        rotation = actions.new_empty(samples, horizon, 3, 3)
        limited = torch.empty(samples, dtype=torch.bool, device=actions.device)
        strides = [size if len(rows) > 1 else 0 for rows in (joints, moving)]
        inputs, outputs = (self._arm, self._target, actions, joints, moving), (path, moved, position, rotation, limited)
        blocks = -(-samples // THREADS)
        self._launch(blocks, THREADS, [*inputs, *outputs, samples, horizon, stride, *strides])
        return Candidates(actions, path, moved, position, rotation, start, limited=limited)


@cache
def tool_launch(device: torch.device, joints: int) -> Launch | None:
    """The kernel for this many joints; None where it cannot be had: tensors do the same."""
    return kernel_on(device, SOURCE, "tool_motion", (f"-DJOINTS={joints}", *ROUNDED), "planning goes on without its kernel, several times slower")


def _rows(actions: Tensor) -> tuple[Tensor, int]:
    """(S, H, 3) as the kernel can read it, and how far apart its rows are: the gripper's command may be in between."""
    stride = actions.stride(1)
    if actions.stride(2) != 1 or actions.stride(0) != stride * actions.shape[1]:
        actions, stride = actions.contiguous(), actions.shape[2]
    return actions, stride
