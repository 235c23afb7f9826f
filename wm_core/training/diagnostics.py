"""What a low loss does not prove: measured on episodes that training never saw."""

from __future__ import annotations

import torch

from wm_core.config import Strict
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.losses import Windows, felt_motion, imagine, proprioception


class Diagnostics(Strict):
    """Detectors of a model that looks trained and is not.

    prediction_ratio: error of an open-loop rollout over that of persistence, first and last step (1 = useless);
    shuffled_ratio: last-step error with other windows' actions over that with the true ones (1 = actions ignored);
    effective_rank: of the visual latent; smallest_std: of its dimensions (0 = dead);
    metric_error: m, root mean square over 3D displacements across a window;
    tool_probe_error: m, root mean square of 3D errors; joint_probe_error: rad, root mean square (the probes are
    fitted at the very end of training and read nothing before).
    gripper_error: m, of the change of opening that the metric reads across a window; object_error: m, of the object's
    true displacement, carried_error: of the part of it that was felt; object_probe_error: m. None without the part.
    """

    prediction_ratio_first: float
    prediction_ratio_last: float
    shuffled_ratio: float
    effective_rank: float
    smallest_std: float
    metric_error: float
    tool_probe_error: float
    joint_probe_error: float
    gripper_error: float | None = None
    object_error: float | None = None
    carried_error: float | None = None
    object_probe_error: float | None = None


@torch.no_grad()
def diagnose(model: JepaWorldModel, windows: Windows) -> Diagnostics:
    """`model` in evaluation mode; `windows` from held-out episodes."""
    config = model.config
    latents = model.encoder(windows.images, proprioception(model, windows))
    visual = latents[..., : config.visual_dim]
    future = latents[:, model.history :]
    imagined = imagine(model, latents, windows.actions)
    shuffled = imagine(model, latents, windows.actions.roll(1, 0))
    still = latents[:, model.history - 1, None].expand_as(future)
    error, persistence, wrong = ((guess - future).square().mean((0, 2)) for guess in (imagined, still, shuffled))
    flat = visual.flatten(0, 1)
    spread = torch.linalg.svdvals(flat - flat.mean(0)).square()
    share = spread / spread.sum().clamp_min(1e-12)
    truth = felt_motion(model, windows)[:, -1]
    truth[:, model.metric.tool] = windows.tool[:, -1] - windows.tool[:, 0]
    off = model.metric(visual[:, -1]) - model.metric(visual[:, 0]) - truth
    moved = windows.object[:, -1] - windows.object[:, 0]
    off_object = off[:, model.metric.object] + truth[:, model.metric.object] - moved if config.objects else None
    return Diagnostics(
        prediction_ratio_first=float(error[0] / persistence[0]),
        prediction_ratio_last=float(error[-1] / persistence[-1]),
        shuffled_ratio=float(wrong[-1] / error[-1]),
        effective_rank=float(torch.exp(-(share * share.clamp_min(1e-12).log()).sum())),
        smallest_std=float(flat.std(0).min()),
        metric_error=_root_mean_square(off[:, model.metric.tool]),
        tool_probe_error=_root_mean_square(model.tool_probe(visual) - windows.tool),
        joint_probe_error=float((model.joint_probe(visual) - windows.joints).square().mean().sqrt()),
        gripper_error=_root_mean_square(off[:, model.metric.gripper]) if config.gripper else None,
        object_error=None if off_object is None else _root_mean_square(off_object),
        carried_error=_root_mean_square(off[:, model.metric.object]) if config.objects else None,
        object_probe_error=(
            None if model.object_probe is None else _root_mean_square(model.object_probe(visual) - windows.object)
        ),
    )


def _root_mean_square(vectors: torch.Tensor) -> float:
    return float(vectors.square().sum(-1).mean().sqrt())
