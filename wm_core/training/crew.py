"""Several processes that train one model: what torchrun started, or one process alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import nn

_PATIENCE = timedelta(minutes=10)  # the first process may write a checkpoint meanwhile


@dataclass(frozen=True)
class Crew:
    """Process `rank` of `size`; every one computes its share of each batch, rank 0 alone writes."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes files and talks to people."""
        return self.rank == 0

    def share(self, batch: int, pairs: bool = False) -> int:
        """Windows of a batch that this process computes. Raises `ValueError` when they cannot be shared evenly.

        pairs: windows stay together by two.
        """
        if batch % (self.size * (1 + pairs)) or batch // self.size < 2:
            each = "in pairs of windows" if pairs else "two windows each"
            raise ValueError(f"a batch of {batch} cannot be shared evenly by {self.size} processes, {each}")
        return batch // self.size

    def average(self, model: nn.Module) -> None:
        """Averages gradients, and the statistics of normalisation layers, over all processes; one message a step."""
        if self.size == 1:
            return
        gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
        statistics = [buffer for buffer in model.buffers() if buffer.is_floating_point()]
        tensors = gradients + statistics
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        dist.all_reduce(flat)
        flat /= self.size
        for tensor, part in zip(tensors, flat.split([tensor.numel() for tensor in tensors])):
            tensor.copy_(part.view_as(tensor))

    def wait(self) -> None:
        """Until all processes are here."""
        if self.size > 1:
            dist.barrier()


@contextmanager
def join_crew(device: torch.device) -> Iterator[Crew]:
    """The crew that torchrun's environment tells of; a crew of one without torchrun."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Crew()
        return
    if device.type == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE)
    try:
        yield Crew(dist.get_rank(), size)
    finally:
        dist.destroy_process_group()
