"""Whether a backend sees the futures that the model sees; cheap enough for every start."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from wm_core.backends.errors import BackendError
from wm_core.backends.rollout import Rollout
from wm_core.config import BackendName
from wm_core.model.world_model import JepaWorldModel

CASES, SAMPLES = 4, 32
# Of the longest step, a step of the future: float32 in another order of sums, and fewer bits.
EXACT, ROUNDED = 1e-3, 0.15
TOLERANCE: dict[BackendName, float] = {
    "fused": EXACT,
    "fused-cuda": ROUNDED,
    "onnx": EXACT,
    "fused-bf16": ROUNDED,
    "onnx-int8": ROUNDED,
}


@dataclass(frozen=True)
class Agreement:
    """Over random latents, goals and actions; both in longest steps, mean over the steps of a future.

    error: the worst by which a future's distance to the goal is misjudged, what is common to all futures aside.
    regret: the worst by which the future that the backend likes best is farther from the goal than the best is.
    """

    error: float
    regret: float


@torch.inference_mode()
def measure_agreement(model: JepaWorldModel, rollout: Rollout, horizon: int, seed: int = 0) -> Agreement:
    """Latents are drawn standard normal, which is what the encoder's last layer makes them in training."""
    generator = torch.Generator().manual_seed(seed)
    errors, regrets = [], []
    for _ in range(CASES):
        latent, goal, actions = _case(model, horizon, generator)
        truth = _distances(model, model.rollout(latent, actions), goal)
        found = _distances(model, rollout.rollout(latent, actions), goal)
        off = found - truth
        errors.append(float((off - off.median()).abs().max()))
        regrets.append(float(truth[found.argmin()] - truth.min()))
    return Agreement(_worst(errors) / model.config.max_step, _worst(regrets) / model.config.max_step)


def verify(model: JepaWorldModel, name: BackendName, rollout: Rollout, horizon: int) -> Agreement:
    """Raises `BackendError` where error or regret is above `TOLERANCE[name]`."""
    agreement, allowed = measure_agreement(model, rollout, horizon), TOLERANCE[name]
    if not (agreement.error <= allowed and agreement.regret <= allowed):  # NaN fails this too
        raise BackendError(
            f"backend '{name}' does not agree with the model: it misjudges futures by up to {agreement.error:.3g} longest "
            f"steps and chooses up to {agreement.regret:.3g} too far, allowed are {allowed:g}"
        )
    return agreement


def _case(model: JepaWorldModel, horizon: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """-> latent (K, D), goal (D_v,), actions (S, H, A)"""
    config = model.config
    latent = torch.randn(config.history, config.visual_dim + config.joint_dim, generator=generator)
    goal = torch.randn(config.visual_dim, generator=generator)
    actions = config.max_step * (2.0 * torch.rand(SAMPLES, horizon, config.action_dim, generator=generator) - 1.0)
    if config.gripper:
        actions[..., -1] = torch.randint(-1, 2, (SAMPLES, horizon), generator=generator).float()
    return latent.to(model.device), goal.to(model.device), actions.to(model.device)


def _distances(model: JepaWorldModel, futures: Tensor, goal: Tensor) -> Tensor:
    """-> (S,), mean over the steps"""
    return model.goal_distance(futures, goal).mean(-1)


def _worst(values: list[float]) -> float:
    return max(values) if all(value == value for value in values) else float("nan")
