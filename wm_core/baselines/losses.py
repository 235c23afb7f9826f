"""What the baselines with weights of their own are trained on: the windows that the world model is trained on."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from wm_core.baselines.pixel_model import PixelWorldModel, shrink
from wm_core.baselines.regressor import ToolRegressor
from wm_core.training.losses import proprioception
from wm_core.training.windows import Windows


def pixel_loss(model: PixelWorldModel, windows: Windows) -> Tensor:
    """Squared error of decoded pictures: of what is seen, and of what a rollout from the first `history` imagines."""
    latents = model.encoder(windows.images, proprioception(model, windows))
    state, imagined = latents[:, : model.history], []
    for action in windows.actions[:, model.history - 1 :].unbind(1):
        state = model.next(state, action)
        imagined.append(state[:, -1])
    target = shrink(windows.images)
    seen = functional.mse_loss(model.decode(latents), target)
    return seen + functional.mse_loss(model.decode(torch.stack(imagined, dim=1)), target[:, model.history :])


def regressor_loss(model: ToolRegressor, windows: Windows) -> Tensor:
    """Squared error of the tool position in units of its spread."""
    places = windows.tool.flatten(0, 1)
    return ((model(windows.images.flatten(0, 1)) - places) / model.head.std).square().mean()
