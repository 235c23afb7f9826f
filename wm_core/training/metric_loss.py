"""What the action metric is trained on: what the arm felt of itself and of the object."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from wm_core.config import LossConfig
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.windows import Windows

HALF_STROKE = 0.04  # m of gripper opening that weigh as much as the longest tool step
_FEWEST = 0.05  # share of the moments from which on places of held objects count in full


@dataclass(frozen=True)
class MetricTargets:
    """travelled: (B, T, P) m, see `felt_motion`; touched: (B, T) steps with touch so far; place, certainty: see `Windows`."""

    travelled: Tensor
    touched: Tensor
    place: Tensor
    certainty: Tensor


def metric_targets(model: JepaWorldModel, windows: Windows, weights: LossConfig) -> MetricTargets:
    """What `metric_loss` compares with."""
    touched = windows.touched_before[:, None] + cumulated((windows.touch > 0.0).float()[..., None])[..., 0]
    travelled = felt_motion(model, windows)
    if weights.absolute:
        travelled = torch.cat([windows.tool, travelled[..., model.metric.tool.stop :]], dim=-1)
    return MetricTargets(travelled, touched, windows.place, windows.certainty)


def felt_motion(model: JepaWorldModel, windows: Windows) -> Tensor:
    """Motion that the action metric is to read, (B, T, P) m from some moment of the episode on, in the order of its parts.

    Only differences mean anything, between any two moments of one episode. Of the object only what the arm felt, never where it is.
    """
    config = model.config
    if not config.gripper and not config.objects:
        return cumulated(windows.actions)
    # An arm that meets something does not go where it was told: what it measures is the motion there was.
    parts = [windows.tool]
    if config.gripper:
        parts.append(windows.gripper[..., None])
    if config.objects:
        parts.append(windows.carried_before[:, None] + cumulated(windows.carried))
    return torch.cat(parts, dim=-1)


def metric_loss(model: JepaWorldModel, visual: Tensor, targets: MetricTargets, weights: LossConfig) -> Tensor:
    """visual: (B, T, D_v) -> (), squared error in longest actions of the motion between every two moments of an episode.

    With `absolute` between every two moments of the whole batch, as far as places are known: of tool and opening always,
    of the object where a hand held it.
    """
    metric, longest = model.metric, model.config.max_step
    read = metric(visual)
    off, touched = (read - targets.travelled) / longest, targets.touched
    if weights.far_pairs:  # rows 2i and 2i + 1 are of one episode
        off, touched = off.unflatten(0, (-1, 2)).flatten(1, 2), touched.unflatten(0, (-1, 2)).flatten(1, 2)

    def own(part: slice) -> Tensor:
        if weights.absolute:
            return _spread(off[..., part], torch.ones_like(touched))
        return _pairs(off[..., part]).mean()

    total = own(metric.tool)
    if model.config.gripper:
        # The whole stroke of 8 cm then weighs as much as two of the longest steps.
        total = total + (longest / HALF_STROKE) ** 2 * own(metric.gripper)
    if model.config.objects:
        # What was felt is exact where nothing was touched, and noisier with every touch in between.
        doubt = 1.0 + weights.touch_noise * (touched.unsqueeze(2) - touched.unsqueeze(1)).abs()
        total = total + weights.object * (_pairs(off[..., metric.object]) / doubt[..., None]).mean()
        if weights.absolute:
            total = total + weights.object * _spread((read[..., metric.object] - targets.place) / longest, targets.certainty)
    return total


def cumulated(steps: Tensor) -> Tensor:
    """(B, T - 1, ...) -> (B, T, ...), from 0 on"""
    return functional.pad(steps.cumsum(1), (0, 0, 1, 0))


def _pairs(off: Tensor) -> Tensor:
    """(B, T, P) -> (B, T, T, P)"""
    return (off.unsqueeze(2) - off.unsqueeze(1)).square()


def _spread(off: Tensor, certainty: Tensor) -> Tensor:
    """off: (B, T, P), certainty: (B, T) -> (), the mean of (a - b)^2 over all pairs of moments of the batch, weighted."""
    known = certainty[..., None]
    middle = (known * off).sum((0, 1)) / known.sum().clamp_min(1e-6)
    # A handful of places would tell mostly where their own middle lies.
    total = known.sum().clamp_min(_FEWEST * certainty.numel())
    return 2.0 * (known * (off - middle).square()).sum((0, 1)).mean() / total
