"""Notices an arm that stands while an object is not where it shall be, and has it begin anew from elsewhere.

Holding still is always among the proposals, so that a plan that foresees no gain ends in a standstill, and so does one
that is blocked. Random restarts lead out of the second, looking farther ahead out of the first.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch

from wm_core.config import StandstillConfig
from wm_core.types import Standing


def watch(
    config: StandstillConfig,
    known: Standing | None,
    tool: np.ndarray,
    stamp: float,
    missing: float,
    generator: torch.Generator,
) -> Standing:
    """What is known at `stamp` (s): since when the tool stands where it is, and when it last began to leave a place.

    known: as of the last plan, None before the first. tool: (3,) m. missing: m that the object has to go, as it is seen.
    It begins to leave where it was within `radius` of one place for `patience`; whither is drawn. With `look_again` also
    where the object seems well, once in a while: a hand beside it hides it, and what is read then errs by centimetres.
    """
    if known is None or stamp < known.since:  # a clock that ran backwards tells nothing
        return Standing(tool, stamp)
    content = missing <= config.content
    looked = not config.look_again or looks_far(config, known, stamp)
    if np.linalg.norm(tool - known.place) > config.radius or content and looked:
        return replace(known, place=tool, since=stamp)
    if stamp - known.since < config.patience:
        return known
    angle = 2.0 * math.pi * float(torch.rand((), generator=generator))
    # `since` too: a tool that cannot leave waits anew. Fingers that opened beside a part that is well would push it.
    return Standing(tool, stamp, stamp, np.array([math.cos(angle), math.sin(angle)]), opens=not content)


def looks_far(config: StandstillConfig, standing: Standing | None, stamp: float) -> bool:
    """Whether a plan made at `stamp` (s) looks farther ahead than others."""
    return standing is not None and stamp - standing.left < config.far


def way_out(config: StandstillConfig, standing: Standing | None, stamp: float, step: float) -> np.ndarray:
    """-> (K, 4), what every plan made at `stamp` (s) begins with; K = 0 where nothing is left. step: s.

    Normalised displacements, then the gripper's command. A step straight up, off whatever the fingers press on, and
    then aside as well; the fingers open, and what is between them is let go, but for a look.
    """
    if standing is None or standing.aside is None:
        return np.zeros((0, 4))
    passed = stamp - standing.left
    begins = passed + step * np.arange(max(0, math.ceil((config.leave - passed) / step - 0.1)))
    aside = np.where((begins < 0.9 * step)[:, None], 0.0, standing.aside)
    ways = np.column_stack([aside, np.ones(len(begins))])
    return np.column_stack([ways / np.linalg.norm(ways, axis=1, keepdims=True), np.full(len(begins), float(standing.opens))])
