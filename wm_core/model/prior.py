"""What somebody who knows the data would do next: a goal-conditioned policy on the world model's latents."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from wm_core.config import PriorConfig
from wm_core.cuda import GraphRecorder, Recorded
from wm_core.model.action_mixture import ActionMixture
from wm_core.model.world_model import JepaWorldModel
from wm_core.types import Focus

_NARROWEST = 0.05  # standard deviation: gripper commands are whole numbers, and a density on them would grow without bound


class GoalPolicy(nn.Module):
    """Implements `wm_core.planning.prior.ActionPrior`; executed by itself it is behaviour cloning.

    It sees the latent of now, the visual latent of the goal and the motion that the model's metric reads between the
    two. For a goal that is about the object it sees of the goal where the object shall be and nothing else: the goal's
    pixels show an arm too, and where that is says what to do in the data but not in a goal that somebody gives.
    Actions are normalised: tool displacement in longest steps, then the gripper's command where there is one.
    """

    def __init__(self, config: PriorConfig, world_model: JepaWorldModel) -> None:
        """world_model: frozen and trained; it is no part of the policy's own weights."""
        super().__init__()
        model = world_model.config
        self.config = config
        self._read, self._object, self._longest = world_model.metric.forward, world_model.metric.object, model.max_step
        self._motion, self._visual = model.motion_dim, model.visual_dim
        self._shape = (config.components, config.horizon, model.action_dim)
        self._recorded: Recorded | None = None
        width = model.history * (model.visual_dim + model.joint_dim) + model.visual_dim + world_model.metric.map.out_features + 1
        layers: list[nn.Module] = []
        for _ in range(config.layers):
            layers += [nn.Linear(width, config.hidden), nn.LayerNorm(config.hidden), nn.SiLU(), nn.Dropout(config.dropout)]
            width = config.hidden
        numbers = config.components * (1 + 2 * config.horizon * model.action_dim)
        self.layers = nn.Sequential(*layers, nn.Linear(width, numbers))

    def forward(self, now: Tensor, goal: Tensor, object_only: Tensor) -> ActionMixture:
        """now: (B, K, D), goal: (B, D_v), object_only: (B,) of 1 where the goal is about the object, else 0"""
        change = (self._read(goal) - self._read(now[:, -1, : self._visual])) / (self._longest * self.config.horizon)
        seen = 1.0 - object_only[:, None]
        kept = seen.expand_as(change).clone()
        kept[:, self._object] = 1.0
        values = self.layers(torch.cat([now.flatten(1), seen * goal, kept * change, seen], dim=-1))
        components = self._shape[0]
        weights, rest = values[:, :components], values[:, components:].unflatten(1, (2, *self._shape))
        return ActionMixture(weights.log_softmax(-1), rest[:, 0], _NARROWEST + softplus(rest[:, 1]))

    @torch.no_grad()
    def propose(
        self, latent: Tensor, goal: Tensor, focus: Focus, count: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """latent: (K, D), goal: (D_v,) -> (C, H, A) normalised, the likeliest first, and (count, H, A) that are drawn.

        A GPU gets the noise and draws by itself, all of it recorded. Raises `ValueError` for a focus on the object that the
        model knows nothing of.
        """
        if latent.device.type == "cpu":
            mixture = self._mixture(latent, goal, focus)
            return mixture.modes()[0], mixture.sample(count, generator)[0]
        which = torch.rand(1, count, generator=generator)
        noise = torch.randn(1, count, *self._shape[1:], generator=generator)
        if self._recorded is None:
            self._recorded = Recorded(self._drawn, GraphRecorder(latent.device), latent.device)
        return self._recorded(latent[None], goal[None], self._about(focus), which, noise).split([self._shape[0], count])

    @torch.no_grad()
    def modes(self, latent: Tensor, goal: Tensor, focus: Focus = Focus.SCENE) -> Tensor:
        """-> (C, H, A) of `propose`; raises as that does."""
        return self._mixture(latent, goal, focus).modes()[0]

    def act(self, latent: Tensor, goal: Tensor, focus: Focus = Focus.SCENE) -> Tensor:
        """The first action of the likeliest guess.

        latent: (K, D), goal: (D_v,) -> (A,): tool displacement, m, no longer than the longest step; then the gripper's
        command, -1, 0 or +1, where there is one. Raises `ValueError`, see `propose`.
        """
        action = self.modes(latent, goal, focus)[0, 0]
        move, command = action[: self._motion], action[self._motion :]
        move = move / torch.linalg.vector_norm(move).clamp(min=1.0)
        return torch.cat([move * self._longest, command.clamp(-1.0, 1.0).round()])

    def _drawn(self, now: Tensor, goal: Tensor, object_only: Tensor, which: Tensor, noise: Tensor) -> Tensor:
        """-> (C + N, H, A), modes and draws; see `forward` and `ActionMixture.sample_by`"""
        mixture = self(now, goal, object_only)
        return torch.cat([mixture.modes()[0], mixture.sample_by(which, noise)[0]])

    def _mixture(self, latent: Tensor, goal: Tensor, focus: Focus) -> ActionMixture:
        return self(latent[None], goal[None], self._about(focus).to(latent.device))

    def _about(self, focus: Focus) -> Tensor:
        """-> (1,), see `forward`"""
        if focus is Focus.OBJECT and self._object.start == self._object.stop:
            raise ValueError("the goal is about the object, and this model was not trained with objects")
        return torch.full((1,), float(focus is Focus.OBJECT))
