"""What can be read from the frozen visual latent: linear and small nonlinear probes, fitted afresh."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from wm_core.model.heads import Probe
from wm_core.model.world_model import JepaWorldModel
from wm_core.probing.encoded import EncodedEpisodes
from wm_core.probing.result import Detector, at_most, reported

GROUP = "probes"
STEPS, BATCH = 600, 512
RIDGE = 1e-3  # of the mean variance: keeps the solution finite where dimensions repeat each other


def readout_detectors(
    model: JepaWorldModel, fitted: EncodedEpisodes, held_out: EncodedEpisodes, seed: int
) -> list[Detector]:
    """Root mean square errors on `held_out` of probes fitted to `fitted`: over joints, or over 3D positions."""
    seen, unseen = (part.latents[..., : model.config.visual_dim].flatten(0, 1) for part in (fitted, held_out))
    found = []
    for name, field, unit, limit in (
        ("joints", "joints", "rad", 0.1),
        ("end effector", "tool", "m", 0.02),
        ("gripper opening", "gripper", "m", 0.01),
        ("object", "object", "m", 0.025),
    ):
        labels = getattr(fitted, field).reshape(len(seen), -1)
        truth = getattr(held_out, field).reshape(len(unseen), -1)
        if float(labels.std(0).max()) < 1e-4:
            continue  # it never changes in this data: nothing to read
        overall = 1 if unit == "rad" else truth.shape[1]
        error = {
            "linear": _linear(seen, labels, unseen) - truth,
            "MLP": _nonlinear(seen, labels, unseen, seed) - truth,
            "mean": labels.mean(0) - truth,
        }
        rms = {kind: float((value.square().mean() * overall).sqrt()) for kind, value in error.items()}
        found.append(reported(GROUP, f"{name}, linear", rms["linear"], unit))
        detail = f"{rms['mean']:.3g} {unit} without looking"
        found.append(at_most(GROUP, f"{name}, MLP", rms["MLP"], limit, unit, detail))
    return found


@torch.no_grad()
def _linear(seen: Tensor, labels: Tensor, unseen: Tensor) -> Tensor:
    mean, centre = seen.mean(0), labels.mean(0)
    x = (seen - mean).double()
    gram = x.T @ x / len(x)
    gram.diagonal().add_(RIDGE * gram.diagonal().mean())
    weights = torch.linalg.solve(gram, x.T @ (labels - centre).double() / len(x))
    return (unseen - mean) @ weights.float() + centre


def _nonlinear(seen: Tensor, labels: Tensor, unseen: Tensor, seed: int) -> Tensor:
    # Latents of any scale are read alike; dimensions that never change stay at nothing.
    spread = seen.std(0)
    spread = torch.where(spread > 0.0, spread, 1.0)
    seen, unseen = (seen - seen.mean(0)) / spread, (unseen - seen.mean(0)) / spread
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        probe = Probe(seen.shape[1], labels.shape[1])
    probe = probe.to(seen.device)
    probe.mean.copy_(labels.mean(0))
    probe.std.copy_(labels.std(0).clamp_min(1e-6))
    optimiser = torch.optim.AdamW(probe.parameters(), lr=2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    random = torch.Generator().manual_seed(seed)
    with torch.enable_grad():
        for _ in range(STEPS):
            rows = torch.randint(len(seen), (BATCH,), generator=random).to(seen.device)
            loss = functional.mse_loss(probe(seen[rows]) / probe.std, labels[rows] / probe.std)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
    with torch.no_grad():
        return probe(unseen)
