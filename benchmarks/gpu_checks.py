"""Whether a GPU plans what the CPU plans."""

from __future__ import annotations

from statistics import mean

import numpy as np
import torch
from torch import Tensor

from gpu_scene import Scenes, make_planner
from wm_core.kinematics.urdf_arm import UrdfArm
from wm_core.limits import arm_limits
from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.tool_motion import ToolMotion
from wm_core.protocols import Candidates
from wm_core.resources import find_robot
from wm_core.types import PlannerState

STEP, MAX_STEP, HORIZON, STATES = 0.2, 0.05, 6, 10_000
Rows = list[tuple[str, object]]


def check_kernel(arm: UrdfArm, device: str) -> Rows:
    """The kernel there against tensors on the CPU, and all limits over 10,000 random states."""
    here, there = (_motion(arm, where) for where in ("cpu", device))
    joints, velocity = _states(arm, here)
    actions = 2.0 * torch.randn(STATES, HORIZON, 3, generator=torch.Generator().manual_seed(1))
    expected = here.candidates(actions, joints, velocity)
    found = there.candidates(*(part.to(device) for part in (actions, joints, velocity)))
    apart = (found.tool_position.cpu() - expected.tool_position).norm(dim=-1).amax(-1)
    rows: Rows = [(f"tool {share:.1%} of candidates are nearer than, mm", float(1e3 * torch.quantile(apart, share))) for share in (0.5, 0.99, 0.999)]
    rows += [("kernel in use", not there.waits), ("limited alike", float((found.limited.cpu() == expected.limited).float().mean()))]
    broken = outside(arm, joints, velocity, found)
    return [*rows, ("points outside position, velocity, acceleration, box (all must be 0)", broken)]


def outside(arm: UrdfArm, joints: Tensor, velocity: Tensor, found: Candidates) -> tuple[int, ...]:
    """How many points break position, velocity and acceleration limits and the box."""
    limits = arm_limits(find_robot("panda"), arm)
    start, moving, path = (part.cpu().numpy().astype(float) for part in (joints, velocity, found.joint_path))
    speed = np.diff(path, axis=1, prepend=start[:, None]) / STEP
    change = np.diff(speed, axis=1, prepend=moving[:, None]) / STEP
    tool = BatchedKinematics(arm.chain()).forward(found.joint_path.cpu())[0].numpy()
    return (
        int(((path < limits.lower) | (path > limits.upper)).sum()),
        int((np.abs(speed) > limits.velocity).sum()),
        int((np.abs(change) > limits.acceleration).sum()),
        int(((tool < limits.workspace_lower - 1e-6) | (tool > limits.workspace_upper + 1e-6)).sum()),
    )


def check_plans(arm: UrdfArm, model: str, device: str, threads: int, plans: int = 30) -> Rows:
    """Recorded plans against plans of the same draws that are not, and what a plan costs on either device."""
    budget, scenes = (128, 8, 3), Scenes(model, seed=1)
    kinds = {"recorded": (device, True), "not recorded": (device, False), "cpu": ("cpu", False)}
    planners = {name: make_planner(arm, model, where, "fused", budget, record, threads) for name, (where, record) in kinds.items()}
    paths: dict[str, list[np.ndarray]] = {name: [] for name in kinds}
    costs: dict[str, list[float]] = {name: [] for name in kinds}
    counts: dict[str, list[object]] = {name: [] for name in kinds}
    for number in range(plans):
        goal = scenes.goals[number % len(scenes.goals)]
        for name, planner in planners.items():
            plan, _ = planner.plan(scenes.seen(number), goal, PlannerState(seed=number))
            paths[name].append(plan.joint_path)
            costs[name].append(plan.cost)
            counts[name].append(plan.explanation.considered)
    apart = [float(np.abs(one - other).max()) for one, other in zip(paths["recorded"], paths["not recorded"])]
    share = [one / other - 1.0 for one, other in zip(costs["recorded"], costs["cpu"])]
    return [
        ("recorded and not recorded apart, rad: most of all plans", max(apart)),
        ("... plans that are the same to 0.1 mrad", sum(way < 1e-4 for way in apart)),
        ("... counted alike", sum(one == other for one, other in zip(counts["recorded"], counts["not recorded"]))),
        ("... of", plans),
        ("mean cost " + ", ".join(kinds), [round(mean(values), 4) for values in costs.values()]),
        ("GPU plans cost more than CPU plans by, %: mean and standard error", _mean(share)),
    ]


def _mean(share: list[float]) -> tuple[float, float]:
    values = 100.0 * np.array(share)
    return round(float(values.mean()), 3), round(float(values.std(ddof=1) / len(values) ** 0.5), 3)


def _motion(arm: UrdfArm, device: str) -> ToolMotion:
    robot = find_robot("panda")
    kinematics, limits = BatchedKinematics(arm.chain(), device), arm_limits(robot, arm)
    return ToolMotion(kinematics, limits, np.array(robot.home), np.array(robot.tool_orientation), MAX_STEP, STEP)


def _states(arm: UrdfArm, motion: ToolMotion) -> tuple[Tensor, Tensor]:
    """(S, J) rad and rad/s: half of them stand anywhere, the others are in the midst of a motion that keeps all limits."""
    limits, random = arm_limits(find_robot("panda"), arm), np.random.default_rng(0)
    kinematics = BatchedKinematics(arm.chain())
    drawn = torch.as_tensor(random.uniform(limits.lower + 0.02, limits.upper - 0.02, (40 * STATES, len(limits.lower))), dtype=torch.float32)
    tool = kinematics.forward(drawn)[0].numpy()
    inside = ((tool > limits.workspace_lower + 1e-3) & (tool < limits.workspace_upper - 1e-3)).all(-1)
    still = drawn[torch.from_numpy(inside)][: STATES // 2]
    actions = 2.0 * torch.randn(len(still), 3, 3, generator=torch.Generator().manual_seed(0))
    path = motion.candidates(actions, still).joint_path
    return torch.cat([still, path[:, 2]]), torch.cat([torch.zeros_like(still), (path[:, 2] - path[:, 1]) / STEP])
