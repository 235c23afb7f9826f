"""Rollouts of an MLP predictor without what a module call costs, on packed weights."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad, silu

from wm_core.backends.packed_linear import pack_linear
from wm_core.backends.rollout_weights import Gate, Layer, RolloutWeights


class FusedRollout:
    """Implements `Stepper`: what `JepaWorldModel.rollout` computes, in fewer and larger operations.

    - The first layers of predictor and touch head are one matrix product.
    - A sample's moments lie behind one another, each followed by the action that is done there, so that what a step
      sees is a piece of memory and nothing is put together. All samples begin alike: the first product is of one row.
    - The gate's 3 x 3 system, which never changes, was solved before.
    - `dtype` bfloat16 multiplies half as wide numbers; what is carried from step to step stays float32, or the
      rounding would add up.
    """

    recordable = True

    def __init__(self, weights: RolloutWeights, dtype: torch.dtype = torch.float32) -> None:
        self._history, self._latent, self._dtype = weights.history, weights.latent, dtype
        gate = weights.gate
        firsts = [weights.predictor[0]] + ([gate.layers[0]] if gate is not None else [])
        weight, bias = torch.cat([layer.weight for layer in firsts]), torch.cat([layer.bias for layer in firsts])
        steer = weight[:, weights.history * weights.latent :] * weights.action_scale
        self._enter = pack_linear(_by_moments(weight, steer, weights), bias, dtype)
        self._steer = steer.T.to(dtype).contiguous()
        self._sizes = [len(layer.bias) for layer in firsts]
        self._predictor = _Tail(weights.predictor, dtype)
        self._gate = None if gate is None else _PackedGate(gate, weights.latent)

    @torch.no_grad()
    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        """See `Rollout`."""
        samples, horizon, size = *actions.shape[:2], actions.shape[2] + self._latent
        # (S, K - 1 + H + 1, D + A); the actions of the moments that are known are long done and play no part.
        futures = latent.new_zeros(samples, self._history + horizon, size)
        futures[:, : self._history, : self._latent] = latent
        futures[:, self._history - 1 : -1, self._latent :] = actions
        moments = futures[..., : self._latent].unbind(1)[self._history - 1 :]
        windows = futures.flatten(1).unfold(1, self._history * size, size).unbind(1)
        for step in range(horizon):
            entered = self._enter(windows[step].to(self._dtype)) if step else self._first(windows[0], actions[:, 0])
            self._advance(entered, moments[step], moments[step + 1])
        # Overlapping windows of K moments, without a copy: (S, H, D, K) -> (S, H, K, D)
        return futures[..., : self._latent].unfold(1, self._history, 1)[:, 1:].mT

    @torch.no_grad()
    def next(self, latent: Tensor, action: Tensor) -> Tensor:
        """See `Stepper`."""
        past = pad(latent[:, :-1], (0, action.shape[-1])).flatten(1)
        window = torch.cat([past, latent[:, -1], action], dim=-1)
        newest = latent[:, -1] + self._change(self._enter(window.to(self._dtype)))
        return torch.cat([latent[:, 1:], newest[:, None]], dim=1)

    def _first(self, window: Tensor, actions: Tensor) -> Tensor:
        """window: (S, K * (D + A)), all rows alike but for actions (S, A) -> (S, width)"""
        alike = window[:1].clone()
        alike[:, -actions.shape[-1] :].zero_()
        return torch.addmm(self._enter(alike.to(self._dtype)), actions.to(self._dtype), self._steer)

    def _advance(self, entered: Tensor, before: Tensor, after: Tensor) -> None:
        """entered: see `_change`. before: (S, D) -> after: (S, D), written to."""
        torch.add(before, self._change(entered), out=after)

    def _change(self, entered: Tensor) -> Tensor:
        """entered: (S, width), the first layers' sums -> (S, D)"""
        if self._gate is None:
            return self._predictor(entered).float()
        parts = entered.split(self._sizes, dim=-1)
        change = self._predictor(parts[0]).float()
        self._gate.hold(change, parts[1].float())
        return change


class _Tail:
    """The rest of an MLP after the matrix product of its first layer, whose result it writes into."""

    def __init__(self, layers: tuple[Layer, ...], dtype: torch.dtype) -> None:
        self._layers = [(None, _after(layers[0], dtype))]
        self._layers += [(pack_linear(one.weight, one.bias, dtype), _after(one, dtype)) for one in layers[1:]]

    def __call__(self, rows: Tensor) -> Tensor:
        for product, (norm, active) in self._layers:
            rows = rows if product is None else product(rows)
            if norm is not None:
                rows = torch.layer_norm(rows, rows.shape[-1:], *norm)
            if active:
                rows = silu(rows, inplace=True)
        return rows


class _PackedGate:
    """Takes the object's unfelt motion out of a change, see `hold_untouched`; in float32, to the last digit."""

    def __init__(self, gate: Gate, latent: int) -> None:
        """latent: D; what the arm feels, behind the visual part, is left alone."""
        self._touch = _Tail(gate.layers, torch.float32)
        felt = (0, latent - gate.read.shape[1])
        self._read, self._back = pad(gate.read, felt).T.contiguous(), pad(gate.back, felt)

    def hold(self, change: Tensor, entered: Tensor) -> None:
        """change: (S, D), written to; entered: (S, width) of the touch head's first layer."""
        untouched = self._touch(entered).neg_().sigmoid_()
        change.addmm_((change @ self._read).mul_(untouched), self._back, alpha=-1.0)


def _after(layer: Layer, dtype: torch.dtype) -> tuple[tuple[Tensor, Tensor, float] | None, bool]:
    norm = None if layer.norm is None else (layer.norm[0].to(dtype), layer.norm[1].to(dtype), layer.norm[2])
    return norm, layer.silu


def _by_moments(weight: Tensor, steer: Tensor, weights: RolloutWeights) -> Tensor:
    """weight: (width, K * D + A), steer: (width, A), for m -> (width, K * (D + A)), of older moments' actions nothing."""
    moments = weight[:, : weights.history * weights.latent].unflatten(1, (weights.history, weights.latent))
    actions = torch.zeros(len(weight), weights.history, weights.action, dtype=weight.dtype, device=weight.device)
    actions[:, -1] = steer
    return torch.cat([moments, actions], dim=-1).flatten(1)
