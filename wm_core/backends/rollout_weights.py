"""The numbers of a world model that a rollout needs, taken out of its modules."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from wm_core.backends.errors import BackendError
from wm_core.model.predictor import ResidualPredictor
from wm_core.model.touch import way_back
from wm_core.model.world_model import JepaWorldModel


@dataclass(frozen=True)
class Layer:
    """weight: (out, in), bias: (out,); then a layer norm where there is one, (out,) twice; then SiLU where told."""

    weight: Tensor
    bias: Tensor
    norm: tuple[Tensor, Tensor, float] | None = None
    silu: bool = False


@dataclass(frozen=True)
class Gate:
    """What keeps an untouched object in its place. layers: the touch head's.

    read, back: (3, D_v), the metric's map of the object and its damped pseudo-inverse, transposed.
    """

    layers: tuple[Layer, ...]
    read: Tensor
    back: Tensor


@dataclass(frozen=True)
class RolloutWeights:
    """Of one predictor; inputs of every first layer are K latents, oldest first, and the action times `action_scale` (A,).

    history: K; latent: D; visual: D_v; action: A.
    """

    history: int
    latent: int
    visual: int
    action: int
    action_scale: Tensor
    predictor: tuple[Layer, ...]
    gate: Gate | None


@torch.no_grad()
def rollout_weights(model: JepaWorldModel, predictor: nn.Module) -> RolloutWeights:
    """predictor: the model's own or another of its ensemble. Raises `BackendError` for one that is no MLP."""
    if type(predictor) is not ResidualPredictor:
        raise BackendError(f"only MLP predictors have fast backends, and this model has a {type(predictor).__name__}")
    config = model.config
    gate = None
    if model.touch_head is not None:
        read = model.metric.map.weight[model.metric.object]
        gate = Gate(_layers(model.touch_head.layers), read.clone(), way_back(read))
    return RolloutWeights(
        history=config.history,
        latent=config.visual_dim + config.joint_dim,
        visual=config.visual_dim,
        action=config.action_dim,
        action_scale=predictor.scale(torch.ones(1, config.action_dim, device=model.device))[0],
        predictor=_layers(predictor.layers),
        gate=gate,
    )


def _layers(modules: nn.Sequential) -> tuple[Layer, ...]:
    """Every linear layer with what follows it."""
    layers: list[Layer] = []
    for module in modules:
        if isinstance(module, nn.Linear):
            layers.append(Layer(module.weight.clone(), module.bias.clone()))
        elif isinstance(module, nn.LayerNorm) and layers and not layers[-1].silu:
            norm = (module.weight.clone(), module.bias.clone(), module.eps)
            layers[-1] = Layer(layers[-1].weight, layers[-1].bias, norm)
        elif isinstance(module, nn.SiLU) and layers:
            layers[-1] = Layer(layers[-1].weight, layers[-1].bias, layers[-1].norm, silu=True)
        elif not isinstance(module, nn.Dropout):
            raise BackendError(f"no fast backend knows the layer {module}")
    return tuple(layers)
