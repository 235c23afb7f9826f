"""The searches by name."""

from __future__ import annotations

from typing import Callable

from wm_core.config import PlannerConfig
from wm_core.planning.cem import CrossEntropySearch
from wm_core.planning.gradient import GradientRefinement
from wm_core.planning.icem import ImprovedCrossEntropySearch
from wm_core.planning.mppi import PathIntegralSearch
from wm_core.planning.search import Search

_METHODS = {"cem": CrossEntropySearch, "icem": ImprovedCrossEntropySearch, "mppi": PathIntegralSearch}


def make_search(config: PlannerConfig, clock: Callable[[], float]) -> Search:
    """The method of `config`, refined where it says so. clock: of the deadline."""
    sampler = _METHODS[config.method](config, clock)
    return GradientRefinement(sampler, config, clock) if config.gradient_steps else sampler
