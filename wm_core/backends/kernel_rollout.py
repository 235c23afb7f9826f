"""Rollouts of an MLP predictor on an NVIDIA GPU: what lies between two matrix products is one launch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import pad

from wm_core.backends.errors import BackendError
from wm_core.backends.fused import FusedRollout
from wm_core.backends.packed_linear import pack_linear
from wm_core.backends.rollout_weights import Gate, Layer, RolloutWeights
from wm_core.cuda import KernelError, compile_kernels, tensor_float32

SOURCE = Path(__file__).with_name("rollout.cu")
THREADS, WIDEST = 128, 1024  # of a block; units of a layer of the touch head, as in the source
Launch = Callable[..., None]


class KernelRollout(FusedRollout):
    """`FusedRollout` with the kernels of `rollout.cu`, six launches a step, and products in TF32."""

    def __init__(self, weights: RolloutWeights, kernels: Mapping[str, Launch]) -> None:
        """Raises `BackendError` for layers that the kernels do not know."""
        super().__init__(weights)
        self._kernels, self._layers = kernels, weights.predictor
        for layer in weights.predictor[:-1]:
            _check(layer, layer.norm is not None and layer.silu)
        _check(weights.predictor[-1], weights.predictor[-1].norm is None and not weights.predictor[-1].silu)
        self._products = [pack_linear(layer.weight, layer.bias) for layer in weights.predictor[1:]]
        self._touch = None if weights.gate is None else _touch_inputs(weights.gate, weights.latent)

    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        """See `Rollout`."""
        with tensor_float32():
            return super().rollout(latent, actions)

    def _advance(self, entered: Tensor, before: Tensor, after: Tensor) -> None:
        rows = entered[:, : self._sizes[0]]
        for layer, product in zip(self._layers, self._products):
            rows = product(self._norm_silu(rows, layer))
        if self._touch is None:
            torch.add(before, rows, out=after)
            return
        tensors, middles, eps = self._touch
        strides = [entered.stride(0), before.stride(0), rows.shape[1], self._sizes[1], middles, eps]
        touched = entered[:, self._sizes[0] :]
        self._kernels["hold"](len(rows), THREADS, [rows, touched, *tensors, before, after, *strides])

    def _norm_silu(self, rows: Tensor, layer: Layer) -> Tensor:
        out = rows.new_empty(rows.shape)
        weight, bias, eps = layer.norm
        self._kernels["norm_silu"](len(rows), THREADS, [rows, weight, bias, out, rows.stride(0), rows.shape[1], eps])
        return out


def compiled_rollout(weights: RolloutWeights) -> KernelRollout:
    """Raises `BackendError` for weights that are on no GPU, and where the kernels cannot be compiled."""
    device = weights.action_scale.device
    if device.type != "cuda":
        raise BackendError(f"backend 'fused-cuda' computes on an NVIDIA GPU, and the model is on {device}")
    try:
        return KernelRollout(weights, compile_kernels(SOURCE, device))
    except KernelError as error:
        raise BackendError(f"backend 'fused-cuda' has no kernels: {error}") from error


def _touch_inputs(gate: Gate, latent: int) -> tuple[list[Tensor], int, float]:
    """-> what `hold` takes of the touch head, in its order, the units of its middle layer, and epsilon."""
    first, middle, last = gate.layers
    _check(first, first.norm is not None and first.silu and len(first.bias) <= WIDEST)
    _check(middle, middle.norm is None and middle.silu)
    _check(last, last.norm is None and not last.silu and len(last.bias) == 1)
    felt = (0, latent - gate.read.shape[1])
    read, back = pad(gate.read, felt).T.contiguous(), pad(gate.back, felt).contiguous()
    weights = [middle.weight.T.contiguous(), middle.bias, last.weight.contiguous(), last.bias]
    return [*first.norm[:2], *weights, read, back], len(middle.bias), first.norm[2]


def _check(layer: Layer, known: bool) -> None:
    if not known:
        shape = f"{tuple(layer.weight.shape)}, norm: {layer.norm is not None}, SiLU: {layer.silu}"
        raise BackendError(f"backend 'fused-cuda' does not know a layer of its kind at its place: {shape}")
