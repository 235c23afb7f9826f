"""The searches by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch

from wm_core.config import PlannerConfig
from wm_core.cuda import GraphRecorder, Launch, Recorder
from wm_core.planning.cem import CrossEntropySearch
from wm_core.planning.closing import TensorClosing
from wm_core.planning.gradient import GradientRefinement
from wm_core.planning.icem import ImprovedCrossEntropySearch
from wm_core.planning.mppi import PathIntegralSearch
from wm_core.planning.recorded_search import RecordedSearch
from wm_core.planning.refit_kernel import RefitKernel
from wm_core.planning.search import Search

_METHODS = {"cem": CrossEntropySearch, "icem": ImprovedCrossEntropySearch, "mppi": PathIntegralSearch}


def make_search(
    config: PlannerConfig,
    clock: Callable[[], float],
    make_recorder: Callable[[], Recorder] | None = None,
    refit: Launch | None = None,
) -> Search:
    """The method of `config`, refined where it says so. clock: of the deadline.

    make_recorder: has iterations recorded; not where a gradient is wanted, which needs what led to a cost. refit: of
    `refit_launch`, for the cross-entropy method.
    """
    recorded = make_recorder is not None and config.gradient_steps == 0
    sampler = _METHODS[config.method](config, clock, waits=not recorded)
    if recorded:
        kernel = None if refit is None or config.method != "cem" else RefitKernel(refit, config.samples, sampler.elites, config.min_std)
        return RecordedSearch(sampler, config, clock, make_recorder, kernel or TensorClosing(sampler))
    return GradientRefinement(sampler, config, clock) if config.gradient_steps else sampler


def recorder_on(device: torch.device) -> Callable[[], Recorder] | None:
    """What records on this device; None where nothing is gained."""
    return partial(GraphRecorder, device) if device.type == "cuda" else None
