"""One arm and what it may do."""

from __future__ import annotations

from pydantic import Field, model_validator

from wm_core.config.boxes import BoxConfig
from wm_core.config.gripper import GripperConfig
from wm_core.config.strict import Strict


class JointLimitsConfig(Strict):
    """What the URDF does not say, one value a joint: rad/s, rad/s^2, rad/s^3."""

    velocity: tuple[float, ...]
    acceleration: tuple[float, ...]
    jerk: tuple[float, ...]

    @model_validator(mode="after")
    def _positive(self) -> JointLimitsConfig:
        if not len(self.velocity) == len(self.acceleration) == len(self.jerk):
            raise ValueError("velocity, acceleration and jerk must have one value a joint each")
        if min(self.velocity + self.acceleration + self.jerk) <= 0.0:
            raise ValueError("velocity, acceleration and jerk limits must be positive")
        return self


class SphereConfig(Strict):
    """Part of an arm's body, m. joint: the one that moves it; offset: its middle in that joint's frame, turned with it."""

    joint: str
    offset: tuple[float, float, float]
    radius: float = Field(gt=0.0)


class RobotConfig(Strict):
    """One arm: its joints, the tool that is planned for, and the limits that the guard enforces.

    urdf: 'pybullet:<path in pybullet_data>' or a file; None when /robot_description supplies it.
    base_link: whose frame the workspace, goals and obstacles are in; None for the root link of the URDF.
    tool_orientation: xyzw, held whenever a goal says nothing about orientation.
    workspace: where the tool may be. body: spheres that hold what has to keep clear of obstacles, where there are any.
    gripper: None for an arm whose fingers are not to be moved.
    """

    name: str
    urdf: str | None = None
    joint_names: tuple[str, ...] = Field(min_length=1)
    tool_link: str
    base_link: str | None = None
    home: tuple[float, ...]
    tool_orientation: tuple[float, float, float, float]
    workspace: BoxConfig
    limits: JointLimitsConfig
    body: tuple[SphereConfig, ...] = ()
    gripper: GripperConfig | None = None

    @model_validator(mode="after")
    def _one_value_a_joint(self) -> RobotConfig:
        joints = len(self.joint_names)
        if len(set(self.joint_names)) != joints:
            raise ValueError(f"joint_names has duplicates: {self.joint_names}")
        for name, values in (("home", self.home), ("limits", self.limits.velocity)):
            if len(values) != joints:
                raise ValueError(f"{name} has {len(values)} values, expected {joints}, one a joint")
        if not any(self.tool_orientation):
            raise ValueError("tool_orientation is all zeros: expected a quaternion xyzw")
        if self.gripper is not None and set(self.gripper.joint_names) & set(self.joint_names):
            raise ValueError("gripper.joint_names and joint_names share joints: expected different ones")
        for sphere in self.body:
            if sphere.joint not in self.joint_names:
                raise ValueError(f"body has a sphere at joint '{sphere.joint}', which is not in joint_names")
        return self
