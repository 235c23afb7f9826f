"""The three goals of the demo, and what the simulator's truth has to say of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.environment import PandaTabletop
from wm_core.types import Goal, Pose

# m, where the tool shall be. Each is 18 to 46 cm from where the arm is by then (home first).
IMAGE_AT = np.array([0.60, -0.18, 0.20])
POSE_AT = np.array([0.40, 0.22, 0.30])
JOINTS_AT = np.array([0.58, 0.05, 0.14])


@dataclass(frozen=True, eq=False)
class DemoGoal:
    """goal: what the planner is sent. target: (3,) m, where its tool is then; picture: (H, W, 3), how that looks.

    Only an image goal's picture is sent; target and the other pictures are for scoring and for people.
    """

    name: str
    goal: Goal
    target: np.ndarray
    picture: np.ndarray


def demo_goals(seed: int, image_size: int) -> tuple[DemoGoal, ...]:
    """seed, image_size: those of the simulator node. The scenes match: the same cube, drawn by the same code."""
    scene = PandaTabletop(image_size=image_size)
    try:
        scene.reset(seed)
        return tuple(
            DemoGoal(name, _goal(scene, place, kind), place, _goal(scene, place, "image").image)
            for name, kind, place in (
                ("goal image", "image", IMAGE_AT),
                ("tool pose", "pose", POSE_AT),
                ("joint pose", "joints", JOINTS_AT),
            )
        )
    finally:
        scene.close()


def _goal(scene: PandaTabletop, place: np.ndarray, kind: str) -> Goal:
    (stage,) = scene.stages_at(place, kind)
    return stage.goal


@dataclass(frozen=True)
class Verdict:
    """By ground truth. distance: m; angle: rad, NaN unless the goal is a pose; joint_error: rad, NaN unless joints."""

    reached: bool
    distance: float
    angle: float
    joint_error: float


def judge(demo: DemoGoal, tool: Pose, joints: np.ndarray) -> Verdict:
    """tool: true pose of the tool; joints: (J,) rad, measured."""
    goal = demo.goal
    distance = float(np.linalg.norm(tool.position - demo.target))
    angle = joint_error = float("nan")
    reached = distance <= goal.position_tolerance
    if goal.pose is not None and goal.pose.orientation is not None:
        angle = float(2.0 * np.arccos(np.clip(abs(np.dot(tool.orientation, goal.pose.orientation)), 0.0, 1.0)))
        reached = reached and angle <= goal.orientation_tolerance
    if goal.joints is not None:
        joint_error = float(np.abs(joints - goal.joints).max())
        reached = reached and joint_error <= goal.joint_tolerance
    return Verdict(reached, distance, angle, joint_error)
