"""The cost of candidates on an NVIDIA GPU: most of its terms, and their sum, in one launch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from wm_core.cuda import Launch, in_rows, kernel_on
from wm_core.planning.objectives import Effort, GoalLatent, GoalPose, GripperEffort, JointLimits, Smoothness, Workspace
from wm_core.protocols import Candidates, LinearDistance, Objective

SOURCE = Path(__file__).with_name("cost.cu")
THREADS, SHARED = 128, 7 * 32 * 4  # of a block; bytes: a number for every term and warp
_KINDS = (Effort, Smoothness, JointLimits, Workspace, GripperEffort, GoalPose, GoalLatent)  # in the order of the source


@dataclass(frozen=True, eq=False)
class CostKernel:
    """`cost.cu` for the terms of one goal. It computes those that it knows, and adds up those and all others.

    known: of `_KINDS`, None for those that take no part. others: what it does not know, with their rows among all terms.
    """

    launch: Launch
    known: tuple[Objective | None, ...]
    others: tuple[tuple[int, Objective], ...]
    terms: Tensor
    nearness: LinearDistance | None
    count: int

    def cost(self, candidates: Candidates) -> tuple[Tensor, Tensor]:
        """-> (S,) inf for what is no number, and (K, S), the weighted share of each term."""
        path, (*_, pose, aim) = candidates.joint_path, self.known
        samples, horizon, _ = path.shape
        shares, costs = path.new_empty(self.count, samples), path.new_empty(samples)
        for row, objective in self.others:
            torch.mul(objective.cost(candidates), objective.weight, out=shares[row])
        place, turn = (None, None) if pose is None else (pose.told[0], pose.told[1] if len(pose.told) > 1 else None)
        told = None, None, None, 0, 0, 0
        if aim is not None:
            newest = candidates.latents[..., -1, :]  # (S, H, D)
            newest = newest if newest.stride(2) == 1 else newest.contiguous()
            told = newest, self.nearness.map, aim.told[0], self.nearness.map.shape[1], newest.stride(0), newest.stride(1)
        motion = path, candidates.start_joints, candidates.tool_position, candidates.tool_rotation, candidates.gripper
        inputs, outputs = in_rows(*motion, place, turn), (shares, costs, samples, horizon, self.count)
        self.launch(samples, THREADS, [self.terms, *inputs, *told[:3], *outputs, *told[3:]], SHARED)
        return costs, shares


def cost_kernel(launch: Launch, objectives: Sequence[Objective], joints: int, device: torch.device) -> CostKernel | None:
    """None where it knows none of them. launch: of `cost_launch`. joints: how many the arm has."""
    known = tuple(next((each for each in objectives if _known(each, kind)), None) for kind in _KINDS)
    used = [each for each in known if each is not None]
    if not used:
        return None
    others = tuple((row, each) for row, each in enumerate(objectives) if not any(each is one for one in used))
    nearness = None if known[-1] is None else known[-1].linear
    terms = _terms(known, objectives, nearness, torch.zeros(2 * joints, device=device))
    return CostKernel(launch, known, others, terms, nearness, len(objectives))


@cache
def cost_launch(device: torch.device, joints: int) -> Launch | None:
    """The kernel for this many joints; None where it cannot be had: tensors do the same."""
    return kernel_on(device, SOURCE, "cost", (f"-DJOINTS={joints}",), "plans are scored without a kernel, more slowly")


def _known(objective: Objective, kind: type) -> bool:
    return type(objective) is kind and (kind is not GoalLatent or objective.linear is not None)


def _terms(
    known: Sequence[Objective | None], objectives: Sequence[Objective], nearness: LinearDistance | None, none: Tensor
) -> Tensor:
    """The `Terms` of the source, in its order. none: (2 J,) zeros, for terms that take no part."""
    effort, smoothness, joint_limits, workspace, _, _, aim = known
    rows = [-1 if each is None else next(row for row, one in enumerate(objectives) if one is each) for each in known]
    weights = [0.0 if each is None else each.weight for each in known]
    steps = effort or smoothness
    largest = none[: len(none) // 2] if steps is None else steps.numbers
    joints, box = (other if each is None else each.numbers for each, other in ((joint_limits, none), (workspace, none.new_zeros(6))))
    parts = () if nearness is None else nearness.parts
    ends = [end for end, _ in parts] + [0] * (3 - len(parts))
    shares = [weight for _, weight in parts] + [0.0] * (3 - len(parts))
    last = [0.0, 1.0] if aim is None else [aim.near_enough, aim.final_weight]
    one = none.new_tensor
    return torch.cat([one([*rows, *weights]), largest, joints, one([JointLimits.inner]), box, one([GoalPose.lever, *ends, *shares, *last])])
