"""Rollouts of an MLP predictor without what a module call costs, on packed weights."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import layer_norm, silu

from wm_core.backends.packed_linear import pack_linear
from wm_core.backends.rollout_weights import Gate, Layer, RolloutWeights


class FusedRollout:
    """Implements `Rollout`: what `JepaWorldModel.rollout` computes, in another order.

    - The first layers of predictor and touch head are one matrix product.
    - That product is split by moment: what a moment adds as the newest, as the one before and so on is computed at once,
      when the moment is new. The first step, which all samples begin alike, is then a single row.
    - The gate's 3 x 3 system, which never changes, was solved before.
    - `dtype` bfloat16 multiplies half as wide numbers; what is carried from step to step stays float32, or the
      rounding would add up.
    """

    def __init__(self, weights: RolloutWeights, dtype: torch.dtype = torch.float32) -> None:
        self._history, self._visual, self._dtype = weights.history, weights.visual, dtype
        gate = weights.gate
        firsts = [weights.predictor[0]] + ([gate.layers[0]] if gate is not None else [])
        by_age, moved = _split_by_age(torch.cat([layer.weight for layer in firsts]), weights)
        bias = torch.cat([layer.bias for layer in firsts])
        blank = bias.new_zeros(len(by_age) - len(bias))
        self._width, self._size = len(bias), len(firsts[0].bias)
        self._enter = pack_linear(by_age, torch.cat([bias, blank]), dtype)
        self._enter_last = pack_linear(by_age[: self._width], bias, dtype)  # nothing comes after the last step
        self._steer = moved.T.to(dtype).contiguous()
        self._predictor = _Tail(weights.predictor, dtype)
        self._gate = None if gate is None else _PackedGate(gate, dtype)

    @torch.no_grad()
    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        """See `Rollout`."""
        samples, horizon = actions.shape[:2]
        history, width = self._history, self._width
        moments = latent.new_empty(history + horizon, samples, latent.shape[-1])
        moments[:history] = latent[:, None]
        # (K, 1, K * width): what each known moment adds, by age. Their actions are long done and play no part.
        still = actions.new_zeros(history, actions.shape[-1])
        recent = list(self._enter(torch.cat([latent, still], dim=-1).to(self._dtype))[:, None])
        newest = recent[-1][:, :width] + actions[:, 0].to(self._dtype) @ self._steer
        for step in range(horizon):
            if step > 0:
                enter = self._enter if step < horizon - 1 else self._enter_last
                rows = torch.cat([moments[history + step - 1], actions[:, step]], dim=-1)
                added = enter(rows.to(self._dtype))
                recent = [*recent[1:], added]
                newest = added[:, :width]
            entered = newest
            for age in range(1, history):
                entered = entered + recent[-1 - age][:, age * width : (age + 1) * width]
            torch.add(moments[history + step - 1], self._change(entered), out=moments[history + step])
        # Overlapping windows of K moments, without a copy: (T, S, D) -> (S, H, K, D)
        return moments.unfold(0, history, 1)[1:].permute(1, 0, 3, 2)

    def _change(self, entered: Tensor) -> Tensor:
        """entered: (S, width), the first layers' sums -> (S, D)"""
        change = self._predictor(entered[:, : self._size]).float()
        if self._gate is not None:
            self._gate.hold(change[:, : self._visual], entered[:, self._size :])
        return change


class _Tail:
    """The rest of an MLP after the matrix product of its first layer."""

    def __init__(self, layers: tuple[Layer, ...], dtype: torch.dtype) -> None:
        self._layers = [(None, _after(layers[0], dtype))]
        self._layers += [(pack_linear(one.weight, one.bias, dtype), _after(one, dtype)) for one in layers[1:]]

    def __call__(self, rows: Tensor) -> Tensor:
        for product, (norm, active) in self._layers:
            rows = rows if product is None else product(rows)
            if norm is not None:
                rows = layer_norm(rows, rows.shape[-1:], *norm)
            if active:
                rows = silu(rows)
        return rows


class _PackedGate:
    """Takes the object's unfelt motion out of a change, see `hold_untouched`; in float32, to the last digit."""

    def __init__(self, gate: Gate, dtype: torch.dtype) -> None:
        self._touch = _Tail(gate.layers, dtype)
        self._read, self._back = gate.read.T.contiguous(), gate.back

    def hold(self, change: Tensor, entered: Tensor) -> None:
        """change: (S, D_v), written to; entered: (S, width) of the touch head's first layer."""
        untouched = torch.sigmoid(-self._touch(entered).float())
        change.addmm_(untouched * (change @ self._read), self._back, alpha=-1.0)


def _after(layer: Layer, dtype: torch.dtype) -> tuple[tuple[Tensor, Tensor, float] | None, bool]:
    norm = None if layer.norm is None else (layer.norm[0].to(dtype), layer.norm[1].to(dtype), layer.norm[2])
    return norm, layer.silu


def _split_by_age(weight: Tensor, weights: RolloutWeights) -> tuple[Tensor, Tensor]:
    """weight: (width, K * D + A) -> (K * width, D + A), the newest moment's rows first, and the action's part (width, A), for m."""
    size, action = weights.latent, weight[:, weights.history * weights.latent :] * weights.action_scale
    blocks = []
    for age in range(weights.history):
        start = (weights.history - 1 - age) * size
        tail = action if age == 0 else torch.zeros_like(action)
        blocks.append(torch.cat([weight[:, start : start + size], tail], dim=-1))
    return torch.cat(blocks), action
