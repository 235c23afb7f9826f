"""Goes again, and carefully, where paths did not keep the limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor

from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.box import Box, Moved, WorkspaceKeeper, with_begin
from wm_core.planning.motion import between
from wm_core.protocols import Candidates


class CarefulStep(Protocol):
    """One step of an action space, with an eye on the limits."""

    def __call__(self, at: Moved, wanted: Tensor, box: Box) -> Moved:
        """wanted: (S, ...), what the actions of this step ask for."""


def mend(
    found: Candidates,
    begin: Moved,
    wanted: Tensor,
    kinematics: BatchedKinematics,
    keeper: WorkspaceKeeper,
    careful: CarefulStep,
) -> Candidates:
    """`found` with those paths that do not keep the limits replaced, from the first step on where one does not.

    Few candidates need it, and going carefully everywhere would be much slower. wanted: (S, H, ...), for `careful`.
    """
    box = keeper.allowed(begin)
    broken = keeper.broken(box, begin, found.joint_path, found.tool_position)
    if not broken.any():
        return found
    rows, first = broken.any(1).nonzero().squeeze(1), int(broken.any(0).int().argmax())
    places = with_begin(begin, found.joint_path)[rows, first : first + 2]
    at = Moved(places[:, 1], places[:, 1] - places[:, 0], kinematics.tool(places[:, 1]))
    box, steps = box.of(rows), []
    for step in wanted[rows, first:].unbind(1):
        at = keeper.keep(box, at, careful(at, step, box))
        steps.append(at)
    path, position, rotation = found.joint_path.clone(), found.tool_position.clone(), found.tool_rotation.clone()
    path[rows, first:] = torch.stack([step.joints for step in steps], 1)
    position[rows, first:] = torch.stack([step.tool.position for step in steps], 1)
    rotation[rows, first:] = torch.stack([step.tool.rotation for step in steps], 1)
    moved = between(begin.tool.position.expand(len(path), 3), position)
    limited = found.limited | broken.any(1)
    return replace(
        found, joint_path=path, displacements=moved, tool_position=position, tool_rotation=rotation, limited=limited
    )
