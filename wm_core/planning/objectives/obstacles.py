"""Coming near declared obstacles costs, touching them costs more than anything else."""

from __future__ import annotations

from typing import Sequence

import torch
from torch import Tensor

from wm_core.config import BoxConfig, RobotConfig
from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.protocols import Candidates


class Obstacles:
    """Running sum of how much (m) the body is nearer to a box than `clearance`, plus `touch_cost` a moment of touching.

    Touching begins at `margin`: that is for what the spheres leave uncovered and for an arm that follows late. It is no
    infinite cost: an arm that stands too near already has to see which way out is the shortest. Moments are looked at
    between steps too, along the straight joint motion that the arm makes.
    """

    name = "obstacles"
    needs_latents = False
    clearance = 0.025  # m
    margin = 0.01  # m
    touch_cost = 1e4  # above any sum of the other terms
    moments = 3  # of a step that are looked at, its end among them

    def __init__(self, weight: float, kinematics: BatchedKinematics, robot: RobotConfig, boxes: Sequence[BoxConfig]) -> None:
        """boxes: in the base frame. Raises `ValueError` for a robot whose body is not known."""
        if not robot.body:
            raise ValueError(f"robot '{robot.name}' has no body: there is nothing to keep clear of obstacles")
        self.weight = weight
        self._kinematics = kinematics
        spheres = [[sphere for sphere in robot.body if sphere.joint == joint] for joint in robot.joint_names]
        self._carried = [kinematics.tensor([part.offset for part in parts]).reshape(-1, 3) for parts in spheres]
        self._radii = kinematics.tensor([part.radius for parts in spheres for part in parts])
        self._boxes = [(kinematics.tensor(box.lower), kinematics.tensor(box.upper)) for box in boxes]

    def cost(self, candidates: Candidates) -> Tensor:
        """-> (S,) m."""
        gap = self.gap(self._in_between(candidates))
        near = (self.clearance - gap).clamp(min=0.0).sum(-1) / self.moments
        return near + self.touch_cost * (gap < self.margin).sum(-1)

    def gap(self, joints: Tensor) -> Tensor:
        """joints: (..., J) rad -> (...) m between body and the nearest box, below zero where they overlap."""
        points = self._kinematics.points(joints, self._carried)
        outside = [(torch.maximum(low - points, points - high)).clamp(min=0.0).norm(dim=-1) for low, high in self._boxes]
        return (torch.stack(outside).amin(0) - self._radii).amin(-1)

    def _in_between(self, candidates: Candidates) -> Tensor:
        """-> (S, H * moments, J) rad"""
        path = candidates.joint_path
        before = torch.cat([candidates.start_joints.expand(len(path), 1, -1), path[:, :-1]], dim=1)
        shares = torch.arange(1, self.moments + 1, device=path.device, dtype=path.dtype) / self.moments
        moments = before[:, :, None] + shares[:, None] * (path - before)[:, :, None]  # (S, H, moments, J)
        return moments.flatten(1, 2)
