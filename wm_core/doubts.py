"""What a robot file says that is hardly meant, as of one that was copied from another arm's. Free of torch."""

from __future__ import annotations

import numpy as np

from wm_core.config import RobotConfig
from wm_core.limits import ArmLimits
from wm_core.protocols import Kinematics
from wm_core.turns import angle_between

_TURNED = 0.35  # rad between how the tool is at home and how it is to be held, beyond which somebody should know


def doubts(robot: RobotConfig, kinematics: Kinematics, limits: ArmLimits) -> tuple[str, ...]:
    """One line each, none where all fits: a home outside the joint limits or the workspace, a tool held another way than at home."""
    home = np.array(robot.home)
    beyond = [
        f"home of joint '{name}' is {value:g} rad, outside {low:.3f} to {high:.3f} rad"
        for name, value, low, high in zip(limits.names, home, limits.lower, limits.upper)
        if not low <= value <= high
    ]
    if beyond:  # then it does not matter where that would be
        return tuple(beyond)
    found, tool = [], kinematics.forward(home)
    low, high = limits.workspace_lower, limits.workspace_upper
    if not ((tool.position >= low) & (tool.position <= high)).all():
        found.append(
            f"at home the tool is at {np.round(tool.position, 3).tolist()} m, outside the workspace from {low.tolist()} to {high.tolist()}"
        )
    wanted = np.array(robot.tool_orientation)
    turn = angle_between(tool.orientation, wanted / np.linalg.norm(wanted))
    if turn > _TURNED:
        found.append(
            f"tool_orientation is {np.degrees(turn):.0f} degrees from how the tool is at home, which is "
            f"{np.round(tool.orientation, 3).tolist()}: it is turned by that much on the way to the first pose without an orientation"
        )
    return tuple(found)
