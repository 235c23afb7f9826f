"""Work on a GPU that is done again and again, at the cost of one launch: CUDA graphs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import torch

WARM_UPS = 3  # libraries choose and allocate in the first rounds, which a recording may not do
Result = TypeVar("Result")


class Recorder(Protocol):
    """How work is recorded. What is recorded asks the device for nothing and takes its inputs from tensors that stay."""

    def record(self, work: Callable[[], Result]) -> tuple[Result, Callable[[], None]]:
        """-> what `work` returns, and what does all of it again, into the same tensors; both hold after it was called."""

    def wait(self) -> None:
        """Until everything is done."""


class GraphRecorder:
    """Implements `Recorder`. Several recordings of one recorder are done in their order: they share memory between them."""

    def __init__(self, device: torch.device) -> None:
        self._device = torch.cuda.current_device() if device.index is None else device.index
        self._pool = torch.cuda.graph_pool_handle()
        self._beside = torch.cuda.Stream(device)

    def record(self, work: Callable[[], Result]) -> tuple[Result, Callable[[], None]]:
        """See `Recorder`. Raises `RuntimeError` where something in it cannot be recorded."""
        graph, here = torch.cuda.CUDAGraph(), torch.cuda.current_stream(self._device)
        self._beside.wait_stream(here)
        with torch.cuda.stream(self._beside):
            for _ in range(WARM_UPS):
                work()
            # Other threads may go on using the device meanwhile: a monitor looks at pictures, say.
            with torch.cuda.graph(graph, self._pool, self._beside, capture_error_mode="thread_local"):
                result = work()
        here.wait_stream(self._beside)
        return result, graph.replay

    def wait(self) -> None:
        """See `Recorder`."""
        torch.cuda.current_stream(self._device).synchronize()
