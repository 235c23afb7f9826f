"""The three goals of the demo, and what the simulator's truth has to say of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.environment import PandaTabletop
from wm_core.turns import angle_between
from wm_core.types import Goal, Pose

# m, where the tool shall be. Each is 18 to 46 cm from where the arm is by then (home first).
IMAGE_AT = np.array([0.60, -0.18, 0.20])
POSE_AT = np.array([0.40, 0.22, 0.30])
_HELD = (0.03, 0.07)  # m between fingers that hold the part: 4.6 cm wide, 6.5 cm when it lies askew
JOINTS_AT = np.array([0.58, 0.05, 0.14])


@dataclass(frozen=True, eq=False)
class DemoGoal:
    """goal: what the planner is sent. target: (3,) m, where the tool is then, or the part; picture: (H, W, 3), how that looks.

    Only an image goal's pictures are sent; target and the other pictures are for scoring and for people. about: what the
    target is of; tolerance: m, how near that has to be. fingers: what they have to be in the end. lifted: m that a part
    has to be raised by on the way.
    """

    name: str
    goal: Goal
    target: np.ndarray
    picture: np.ndarray
    about: Literal["tool", "part"] = "tool"
    fingers: Literal["any", "holding", "open"] = "any"
    tolerance: float = 0.03
    lifted: float = 0.0


def demo_goals(seed: int, image_size: int, views: int = 1) -> tuple[DemoGoal, ...]:
    """seed, image_size: those of the simulator node. The scenes match: the same cube, drawn by the same code.

    views: cameras that a goal's pictures are of.
    """
    scene = PandaTabletop(views=views, image_size=image_size)
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
    """By ground truth. distance: m; angle: rad, NaN unless the goal is a pose; joint_error: rad, NaN unless joints.

    note: what else is not as it should be.
    """

    reached: bool
    distance: float
    angle: float
    joint_error: float
    note: str = ""


def judge(
    demo: DemoGoal, there: Pose, joints: np.ndarray, opening: float = 0.0, raised: float = 0.0
) -> Verdict:
    """there: true pose of what the goal is about; joints: (J,) rad, opening: m between the fingers, both measured.

    raised: m, how far above where it was it has truly been.
    """
    goal = demo.goal
    distance = float(np.linalg.norm(there.position - demo.target))
    angle = joint_error = float("nan")
    reached = distance <= demo.tolerance
    if goal.pose is not None and goal.pose.orientation is not None:
        angle = angle_between(there.orientation, goal.pose.orientation)
        reached = reached and angle <= goal.orientation_tolerance
    if goal.joints is not None:
        joint_error = float(np.abs(joints - goal.joints).max())
        reached = reached and joint_error <= goal.joint_tolerance
    faults = _finger_fault(demo.fingers, opening), f"lifted only {100 * raised:.1f} cm" if raised < demo.lifted else ""
    note = ", ".join(filter(None, faults))
    return Verdict(reached and not note, distance, angle, joint_error, note)


def _finger_fault(wanted: str, opening: float) -> str:
    if wanted == "holding" and not _HELD[0] < opening < _HELD[1]:
        return "not grasped"
    return "not released" if wanted == "open" and opening < _HELD[1] else ""
