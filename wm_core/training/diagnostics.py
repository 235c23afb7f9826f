"""What a low loss does not prove: measured on episodes that training never saw."""

from __future__ import annotations

import torch
from torch import Tensor

from wm_core.config import Strict, WorldModelConfig
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.losses import imagine, proprioception
from wm_core.training.metric_loss import felt_motion
from wm_core.training.windows import Windows

DEAD = 0.01  # standard deviation of a dimension that tells nothing; normalisation aims at 1


class Diagnostics(Strict):
    """Detectors of a model that looks trained and is not.

    prediction_ratio: error of an open-loop rollout over that of persistence, first and last step (1 = useless);
    shuffled_ratio: last-step error with other windows' actions over that with the true ones (1 = actions ignored);
    effective_rank: of the visual latent; smallest_std: of its dimensions (0 = dead), of its channels for a grid;
    dead: share of those below 1 % of what normalisation makes of them;
    metric_error: m, root mean square over 3D displacements across a window;
    tool_probe_error: m, root mean square of 3D errors; joint_probe_error: rad, root mean square (the probes are
    fitted at the very end of training and read nothing before).
    gripper_error: m, of the change of opening that the metric reads across a window; object_error: m, of the object's
    true displacement, carried_error: of the part of it that was felt; object_probe_error: m. None without the part.
    imagined_tool_error, imagined_object_error: m, of the true displacement until the end of an open-loop rollout, as the
    metric reads it there: what a planner sees.
    """

    prediction_ratio_first: float
    prediction_ratio_last: float
    shuffled_ratio: float
    effective_rank: float
    smallest_std: float
    dead: float
    metric_error: float
    tool_probe_error: float
    joint_probe_error: float
    imagined_tool_error: float
    gripper_error: float | None = None
    object_error: float | None = None
    carried_error: float | None = None
    imagined_object_error: float | None = None
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
    error, persistence = error.clamp_min(1e-12), persistence.clamp_min(1e-12)  # a latent that never changes is no error here
    flat = visual.flatten(0, 1)
    spread = flat.std(0) if config.latent == "vector" else _channels(flat, config).std((0, 2))
    felt = felt_motion(model, windows)
    truth = felt[:, -1] - felt[:, 0]
    truth[:, model.metric.tool] = _since(windows.tool, 0)
    off = model.metric(visual[:, -1]) - model.metric(visual[:, 0]) - truth
    dreamt = model.metric(imagined[:, -1, : config.visual_dim]) - model.metric(visual[:, model.history - 1])
    return Diagnostics(
        prediction_ratio_first=float(error[0] / persistence[0]),
        prediction_ratio_last=float(error[-1] / persistence[-1]),
        shuffled_ratio=float(wrong[-1] / error[-1]),
        effective_rank=effective_rank(flat),
        smallest_std=float(spread.min()),
        dead=float((spread < DEAD).float().mean()),
        metric_error=_root_mean_square(off[:, model.metric.tool]),
        tool_probe_error=_root_mean_square(model.tool_probe(visual) - windows.tool),
        joint_probe_error=float((model.joint_probe(visual) - windows.joints).square().mean().sqrt()),
        gripper_error=_root_mean_square(off[:, model.metric.gripper]) if config.gripper else None,
        object_error=_motion_error(off + truth, windows.object, 0, model.metric.object),
        carried_error=_root_mean_square(off[:, model.metric.object]) if config.objects else None,
        imagined_tool_error=_root_mean_square(dreamt[:, model.metric.tool] - _since(windows.tool, model.history - 1)),
        imagined_object_error=_motion_error(dreamt, windows.object, model.history - 1, model.metric.object),
        object_probe_error=(
            None if model.object_probe is None else _root_mean_square(model.object_probe(visual) - windows.object)
        ),
    )


def effective_rank(latents: Tensor) -> float:
    """latents: (N, D) -> 1..D, the exponential of the entropy of their principal variances."""
    centred = latents - latents.mean(0)
    # The smaller of the two Gram matrices has all eigenvalues that are not zero.
    gram = centred.T @ centred if centred.shape[1] <= len(centred) else centred @ centred.T
    variance = torch.linalg.eigvalsh(gram.double()).clamp_min(0.0)
    share = variance / variance.sum().clamp_min(1e-12)
    return float(torch.exp(-(share * share.clamp_min(1e-12).log()).sum()))


def _since(places: Tensor, moment: int) -> Tensor:
    return places[:, -1] - places[:, moment]


def _motion_error(read: Tensor, places: Tensor, moment: int, part: slice) -> float | None:
    """read: (B, P) m, motion since `moment` as the metric reads it; None for a model without that part."""
    if part.start == part.stop:
        return None
    return _root_mean_square(read[:, part] - _since(places, moment))


def _channels(flat: Tensor, config: WorldModelConfig) -> Tensor:
    return flat.reshape(len(flat), -1, config.grid**2)


def _root_mean_square(vectors: Tensor) -> float:
    return float(vectors.square().sum(-1).mean().sqrt())
