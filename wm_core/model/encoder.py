"""Looks at frames and joints: a small convolutional encoder and an encoder of what the arm feels, fused late."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wm_core.config import WorldModelConfig
from wm_core.model.keypoints import Keypoints


class ConvEncoder(nn.Module):
    """Implements `wm_core.protocols.Encoder`.

    The visual part of the latent never sees joints, so that an image goal, which has none, lies in the same space.
    Both parts end in a batch normalisation without affine parameters (LeWM, arXiv 2603.19312): the regulariser asks
    for zero mean and unit variance, and this makes both exact.
    """

    def __init__(self, config: WorldModelConfig) -> None:
        super().__init__()
        # Set by the training loop. Only convolutions: a latent rounded to 8 bits would blur what distances measure.
        self.bf16_convolutions = False
        self.standardise = config.standardise
        self.convolutions = _convolutions(3 * config.views, config.channels, config.keypoints)
        self.pool: nn.Module = nn.Flatten()
        self.project: nn.Module
        self.visual_norm: nn.Module
        if config.latent == "grid":
            self.pool = nn.Identity()
            width = config.visual_dim // config.grid**2
            self.project = nn.Conv2d(config.channels[-1], width, 1)
            # One statistic a channel: a corner where nothing ever happens is not blown up to unit variance.
            self.visual_norm = nn.BatchNorm2d(width, affine=False)
        else:
            features = config.channels[-1] * config.grid**2
            if config.keypoints:
                self.pool = Keypoints(config.grid)
                features = self.pool.numbers * config.keypoints
            self.project = nn.Linear(features, config.visual_dim)
            self.visual_norm = nn.BatchNorm1d(config.visual_dim, affine=False)
        felt = config.proprioception
        self.joint_layers = nn.Sequential(nn.Linear(felt, 64), nn.SiLU(), nn.Linear(64, config.joint_dim))
        self.joint_norm = nn.BatchNorm1d(config.joint_dim, affine=False)
        self.register_buffer("joint_mean", torch.zeros(felt))
        self.register_buffer("joint_std", torch.ones(felt))

    def visual(self, images: Tensor) -> Tensor:
        """images: (B, 3V, h, w) uint8, or floats in 0..255 -> (B, D) visual latent"""
        pixels = images.float() / 127.5 - 1.0
        if self.standardise:
            # What light does to the whole picture tells nothing about where things are, and would fill the latent.
            mean, spread = pixels.mean((2, 3), keepdim=True), pixels.std((1, 2, 3), keepdim=True)
            pixels = (pixels - mean) / (spread + 0.05)
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        with torch.autocast(pixels.device.type, torch.bfloat16, enabled=self.bf16_convolutions):
            features = self.convolutions(pixels)
        return self.visual_norm(self.project(self.pool(features.float()))).flatten(1)

    def forward(self, images: Tensor, joints: Tensor) -> Tensor:
        """images: (B, T, 3V, h, w), joints: (B, T, J) rad, then m of gripper opening -> (B, T, D), the visual part first"""
        batch, time = images.shape[:2]
        seen, felt = self.visual(images.flatten(0, 1)), self.felt(joints.flatten(0, 1))
        return torch.cat([seen, felt], dim=-1).unflatten(0, (batch, time))

    def felt(self, joints: Tensor) -> Tensor:
        """joints: (B, J) rad, then m of gripper opening -> (B, D_j), the other part of the latent"""
        return self.joint_norm(self.joint_layers((joints - self.joint_mean) / self.joint_std))

    def normalise_joints(self, mean: Tensor, std: Tensor) -> None:
        """Takes mean and spread of what the arm feels, each (J,), from training data."""
        self.joint_mean.copy_(mean)
        self.joint_std.copy_(std.clamp_min(1e-3))


def _convolutions(inputs: int, channels: tuple[int, ...], keypoints: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    before = inputs
    for index, width in enumerate(channels):
        kernel = 5 if index == 0 else 3
        layers.append(nn.Conv2d(before, width, kernel, stride=2, padding=kernel // 2, bias=False))
        layers += [nn.BatchNorm2d(width), nn.SiLU()]
        before = width
    if keypoints:
        # Once more as far around, at the same resolution: a finger and a part are told apart by what is beside them.
        layers += [nn.Conv2d(before, before, 3, padding=2, dilation=2, bias=False), nn.BatchNorm2d(before), nn.SiLU()]
        layers.append(nn.Conv2d(before, keypoints, 3, padding=1))
    return nn.Sequential(*layers)
