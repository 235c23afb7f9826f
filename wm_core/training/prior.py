"""Fits a goal-conditioned policy to the frozen latents of a trained world model. Minutes, so it is not resumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from wm_core.config import PriorConfig
from wm_core.model.prior import GoalPolicy
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.descent import descend
from wm_core.training.hindsight import HindsightBatch, HindsightSampler
from wm_core.training.latent_cache import LatentCache
from wm_core.training.schedule import warm_up_and_decay


@dataclass(frozen=True)
class PriorProgress:
    """loss: negative log likelihood, per number of an action chunk."""

    step: int
    loss: float


@dataclass(frozen=True)
class PriorCheck:
    """On episodes that were not trained on; errors are of the first action's displacement, m.

    error: of the likeliest guess. shuffled_error: the same with other samples' goals: a policy that heeds its goal
    does worse with them. nearest_error: of the best of its guesses.
    """

    loss: float
    error: float
    shuffled_error: float
    nearest_error: float


def fit_prior(policy: GoalPolicy, model: JepaWorldModel, cache: LatentCache, config: PriorConfig) -> Iterator[PriorProgress]:
    """Fits `policy` in place, from its present weights; yields after every step. Raises `TrainingError`."""
    sampler = HindsightSampler(cache, model.config, config, model.device)
    optimiser = torch.optim.AdamW(policy.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    schedule = warm_up_and_decay(optimiser, config.learning_rate, config.steps)
    policy.train()
    for step in range(1, config.steps + 1):
        torch.manual_seed((config.seed << 32) + step)  # of dropout
        loss = _loss(policy, sampler.batch(config.batch, config.seed, step))
        descend(loss, step, list(policy.parameters()), optimiser)
        schedule.step()
        yield PriorProgress(step, loss.item())
    policy.eval().requires_grad_(False)


@torch.no_grad()
def check_prior(policy: GoalPolicy, model: JepaWorldModel, held_out: LatentCache, config: PriorConfig) -> PriorCheck:
    """How well a fitted policy says what was done next."""
    policy.eval()
    batch = HindsightSampler(held_out, model.config, config, model.device).batch(2048, config.seed, 0)
    mixture = policy(batch.now, batch.goal, batch.object_only)
    others = policy(batch.now, batch.goal.roll(512, 0), batch.object_only)
    motion, longest = model.config.motion_dim, model.config.max_step

    def errors(guesses: Tensor) -> Tensor:
        """guesses: (B, C, H, A) -> (B, C) m"""
        return longest * (guesses[:, :, 0, :motion] - batch.actions[:, None, 0, :motion]).norm(dim=-1)

    found = errors(mixture.modes())
    return PriorCheck(
        loss=_loss(policy, batch).item(),
        error=found[:, 0].mean().item(),
        shuffled_error=errors(others.modes())[:, 0].mean().item(),
        nearest_error=found.amin(-1).mean().item(),
    )


def _loss(policy: GoalPolicy, batch: HindsightBatch) -> Tensor:
    mixture = policy(batch.now, batch.goal, batch.object_only)
    return -mixture.log_prob(batch.actions).mean() / batch.actions[0].numel()
