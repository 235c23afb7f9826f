"""The raw signals of the gate, each in its own unit (`wm_core.monitor.config.SIGNALS`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from wm_core.model.world_model import JepaWorldModel
from wm_core.monitor.gaussian import Gaussians
from wm_core.monitor.sight import Sight
from wm_core.monitor.usual_error import UsualError
from wm_core.monitor.usual_picture import UsualPicture


@dataclass(frozen=True, eq=False)
class Statistics:
    """Where clean data lies. latent: one distribution of the visual latent; early: one a region of the picture.

    usual: how far off the tool's reading is at which places. scenes: what each camera shows with the tool at which places,
    the model's cameras first.
    """

    latent: Gaussians
    early: Gaussians
    usual: UsualError
    scenes: tuple[UsualPicture, ...]


@torch.no_grad()
def signals_of_moments(
    model: JepaWorldModel, statistics: Statistics, sight: Sight, tool: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    """tool: (T, 3) m, forward kinematics of the measured joints.

    -> (T, 3) from there to the tool read from the picture, as a multiple of what is usual there; and the signals, (T,) each.
    """
    visual = _newest(model, sight.histories)
    off = reading_error(model, visual, tool) / statistics.usual.at(tool)[:, None].to(visual)
    return off, {
        "reading": torch.linalg.vector_norm(off, dim=-1),
        "novelty": statistics.latent.distance(visual[:, None]),
        "picture": statistics.early.distance(sight.early),
        **what_came_in(model, statistics.scenes, sight.cells, tool, sight.camera),
    }


@torch.no_grad()
def what_came_in(
    model: JepaWorldModel, scenes: Sequence[UsualPicture], cells: Tensor, tool: Tensor, camera: int | None
) -> dict[str, Tensor]:
    """cells: (T, V, 3, C) uint8, tool: (T, 3) m -> the signals of those cameras, (T,) each.

    camera: the only one that is looked through, V = 1 then; None for all.

    Those that the model sees with are close to the work and always see a part move; the others see farther, and hardly
    anything moves there but the arm: each kind has a threshold of its own.
    """
    found: dict[str, Tensor] = {}
    for number, seen in zip(range(len(scenes)) if camera is None else [camera], cells.unbind(1)):
        name, strange = "intrusion" if number < model.config.views else "watch", scenes[number].strangeness(seen, tool)
        found[name] = torch.maximum(found[name], strange) if name in found else strange
    return found


@torch.no_grad()
def reading_error(model: JepaWorldModel, visual: Tensor, tool: Tensor) -> Tensor:
    """visual: (T, D_v), tool: (T, 3) m, where it is -> (T, 3) m from there to where the picture shows it."""
    return model.tool_probe(visual) - tool.to(visual)


@torch.no_grad()
def signals_of_steps(model: JepaWorldModel, before: Tensor, controls: Tensor, after: Tensor) -> dict[str, Tensor]:
    """before, after: (T, K, D), histories one model step apart; controls: (T, A), what was done between -> (T,) each."""
    expected, seen = _newest(model, model.next(before, controls)), _newest(model, after)
    signals = {
        "surprise": torch.linalg.vector_norm(model.metric(expected) - model.metric(seen), dim=-1),
        "latent_surprise": (expected - seen).square().mean(-1).sqrt(),
    }
    if model.ensemble > 1:
        doubts = [model.uncertainty(latent, control[None])[0] for latent, control in zip(before, controls)]
        signals["disagreement"] = torch.stack(doubts)
    return signals


def _newest(model: JepaWorldModel, histories: Tensor) -> Tensor:
    return histories[:, -1, : model.config.visual_dim]
