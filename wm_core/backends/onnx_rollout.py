"""Rollouts by ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from wm_core.backends.errors import BackendError
from wm_core.backends.onnx_graph import HOW_TO_GET


class OnnxRollout:
    """Implements `Rollout` with a graph of `step_graph`, one run a step, on the CPU."""

    recordable = False

    def __init__(self, graph: bytes | Path, history: int, threads: int | None = None) -> None:
        """graph: its bytes or its file. threads: as many as torch has by default; fixed from here on.

        Raises `BackendError` where onnxruntime is missing or cannot read it.
        """
        try:
            import onnxruntime
        except ImportError as error:
            raise BackendError(f"the backends onnx and onnx-int8 need the package onnxruntime: {HOW_TO_GET}") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads if threads is not None else torch.get_num_threads()
        # Threads that wait asleep: on a busy machine a spinning one takes the time that the others need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        source = graph if isinstance(graph, bytes) else str(graph)
        try:
            self._session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors have no class in common but this
            raise BackendError(f"onnxruntime cannot read the graph: {' '.join(str(error).split())[:300]}") from error
        self._history = history
        wanted = {f"moment_{index}" for index in range(history)} | {"action"}
        if {item.name for item in self._session.get_inputs()} != wanted:
            raise BackendError(f"the graph is of another model: it does not have the inputs {sorted(wanted)}")

    @torch.no_grad()
    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        """See `Rollout`."""
        samples, horizon = actions.shape[:2]
        moments = latent.new_empty(self._history + horizon, samples, latent.shape[-1])
        moments[: self._history] = latent[:, None]
        seen, told = moments.numpy(), actions.transpose(0, 1).contiguous().numpy()
        for step in range(horizon):
            inputs = {f"moment_{index}": seen[step + index] for index in range(self._history)}
            seen[step + self._history] = self._session.run(None, inputs | {"action": told[step]})[0]
        return moments.unfold(0, self._history, 1)[1:].permute(1, 0, 3, 2)
