"""Backends by name, and the fastest of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median

import torch
from torch import Tensor

from wm_core.backends.backed_model import BackedWorldModel
from wm_core.backends.errors import BackendError
from wm_core.backends.fused import FusedRollout
from wm_core.backends.kernel_rollout import compiled_rollout
from wm_core.backends.onnx_graph import quantise, step_graph
from wm_core.backends.onnx_rollout import OnnxRollout
from wm_core.backends.rollout import Rollout
from wm_core.backends.rollout_weights import rollout_weights
from wm_core.backends.verify import verify
from wm_core.config import BackendName
from wm_core.cuda import GraphRecorder
from wm_core.model.world_model import JepaWorldModel

BACKENDS: tuple[BackendName, ...] = ("torch", "fused", "fused-bf16", "fused-cuda", "onnx", "onnx-int8")
# Whether 8 bits plan as well is for scenes to say, not for random latents: `wm export --int8` asks them.
AUTOMATIC: tuple[BackendName, ...] = ("torch", "fused", "fused-bf16", "fused-cuda", "onnx")
REPEATS = 7
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """rollout_ms: of every backend that can be had and agrees, the median of a few. refused: why not, of the others."""

    model: JepaWorldModel | BackedWorldModel
    backend: BackendName
    rollout_ms: dict[BackendName, float]
    refused: dict[BackendName, str]

    def __str__(self) -> str:
        times = ", ".join(f"{name} {value:.1f} ms" for name, value in self.rollout_ms.items())
        without = "; ".join(f"without {name}: {reason}" for name, reason in self.refused.items())
        return f"backend '{self.backend}' of: {times}" + (f"; {without}" if without else "")


def with_backend(
    model: JepaWorldModel, name: BackendName, samples: int, horizon: int, threads: int | None = None
) -> JepaWorldModel | BackedWorldModel:
    """The model with rollouts by this backend, verified here and now; 'torch' is the model itself.

    samples, horizon, threads: what will be planned with, threads as torch has them by default; 'auto' is decided by the
    time that they take. Raises `BackendError`, `ValueError` for an unknown name.
    """
    if name == "torch":
        return model
    if name == "auto":
        choice = choose_backend(model, samples, horizon, threads)
        _log.info("%s", choice)
        return choice.model
    rollout = make_rollout(model, name, threads)
    verify(model, name, rollout, horizon)
    return BackedWorldModel(model, name, rollout)


def as_the_card_says(
    model: JepaWorldModel, name: BackendName, samples: int, horizon: int, threads: int | None = None
) -> JepaWorldModel | BackedWorldModel:
    """`with_backend` where nobody but the model's card named one: its `fused` is `fused-cuda` on a GPU that has it.

    Raises as that does.
    """
    if name == "fused" and model.device.type == "cuda":
        try:
            return with_backend(model, "fused-cuda", samples, horizon, threads)
        except BackendError as error:
            _log.info("backend 'fused', because: %s", error)
    return with_backend(model, name, samples, horizon, threads)


def choose_backend(model: JepaWorldModel, samples: int, horizon: int, threads: int | None = None) -> Choice:
    """Tries those of `AUTOMATIC` on this machine; nothing is remembered: another machine or load is another answer."""
    models: dict[BackendName, JepaWorldModel | BackedWorldModel] = {}
    refused: dict[BackendName, str] = {}
    for name in AUTOMATIC:
        try:
            models[name] = with_backend(model, name, samples, horizon, threads)
        except BackendError as error:
            refused[name] = str(error)
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        times = _times(models, samples, horizon)
    finally:
        torch.set_num_threads(before)
    fastest = min(times, key=times.__getitem__)
    return Choice(models[fastest], fastest, times, refused)


def make_rollout(model: JepaWorldModel, name: BackendName, threads: int | None = None) -> Rollout:
    """Unverified. Raises `BackendError` for a model it cannot serve, a package that is missing, and 'torch' and 'auto'."""
    weights = rollout_weights(model, model.predictor)
    if name == "fused":
        return FusedRollout(weights)
    if name == "fused-bf16":
        return FusedRollout(weights, torch.bfloat16)
    if name == "fused-cuda":
        return compiled_rollout(weights)
    if name not in ("onnx", "onnx-int8"):
        raise BackendError(f"backend '{name}' has no rollout of its own: expected one of: {', '.join(BACKENDS[1:])}")
    if model.device.type != "cpu":
        raise BackendError(f"backend '{name}' computes on the CPU, and the model is on {model.device}")
    graph = step_graph(weights)
    graph = quantise(graph) if name == "onnx-int8" else graph
    return OnnxRollout(graph.SerializeToString(), weights.history, threads)


@torch.inference_mode()
def _times(
    models: dict[BackendName, JepaWorldModel | BackedWorldModel], samples: int, horizon: int
) -> dict[BackendName, float]:
    """-> ms of a rollout, taken in turn, so that a busy moment hits all alike"""
    config = next(iter(models.values())).config
    device = next(iter(models.values())).device
    latent = torch.zeros(config.history, config.visual_dim + config.joint_dim, device=device)
    actions = torch.zeros(samples, horizon, config.action_dim, device=device)
    taken: dict[BackendName, list[float]] = {name: [] for name in models}
    rollouts = {name: _as_planned(model, latent, actions) for name, model in models.items()}
    for _ in range(REPEATS + 1):  # the first is for warming up
        for name, rollout in rollouts.items():
            begun = time.perf_counter()
            rollout()
            taken[name].append(1e3 * (time.perf_counter() - begun))
    return {name: median(values[1:]) for name, values in taken.items()}


def _as_planned(model: JepaWorldModel | BackedWorldModel, latent: Tensor, actions: Tensor) -> Callable[[], None]:
    """What makes one rollout and waits for it: recorded on a GPU, where planners record them."""
    if latent.device.type != "cuda":
        return lambda: model.rollout(latent, actions)
    wait = partial(torch.cuda.synchronize, latent.device)
    again = partial(model.rollout, latent, actions)
    if getattr(model, "recordable", False):
        _, again = GraphRecorder(latent.device).record(again)
    return lambda: (again(), wait())
