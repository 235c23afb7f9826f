"""Parameters of the guard."""

from __future__ import annotations

from dataclasses import dataclass

from wm_core.config import SafetyConfig
from wm_ros.parameters import parameter

_SAFETY = SafetyConfig()  # what it defaults to, so that tests and benchmarks of the filter are of what ships


@dataclass(frozen=True)
class GuardParameters:
    """Read once, at start-up. Times in s."""

    robot: str = parameter("panda", "Robot: a name in share/wm_ros/config or the path of a YAML file.")
    controller: str = parameter("panda_arm_controller", "Controller that is commanded, on <controller>/joint_trajectory.")
    gripper_controller: str = parameter(
        "panda_hand_controller", "Gripper's controller, commanded on <gripper_controller>/joint_trajectory where the robot has a gripper."
    )
    obstacles: str = parameter("", "Boxes that the body keeps clear of: path of a YAML file; empty: none are declared.")
    description_timeout: float = parameter(
        10.0, "How long to wait for robot_description where the robot file names no URDF (s).", 0.1, 120.0
    )
    proposal_timeout: float = parameter(0.35, "Silence of the planner, while the arm moves, that ends in a hold (s).", 0.05, 5.0)
    state_timeout: float = parameter(0.3, "Silence of joint_states that ends in a hold (s).", 0.02, 5.0)
    max_age: float = parameter(_SAFETY.max_age, "Oldest proposal that is taken (s).", 0.02, 5.0)
    max_state_age: float = parameter(_SAFETY.max_state_age, "Oldest joint state that a proposal is judged by (s).", 0.02, 5.0)
    horizon: float = parameter(_SAFETY.horizon, "Longest motion that is taken (s).", 0.1, 10.0)
    start_tolerance: float = parameter(_SAFETY.start_tolerance, "How far beyond vmax * t a proposal may start from the measured joints (rad).", 0.001, 0.5)
    lead: float = parameter(
        _SAFETY.lead, "Points nearer than this are left out: the shorter the way to the first point, the more a delay of 1 ms jerks (s).", 0.0, 0.5
    )
    jitter: float = parameter(
        _SAFETY.jitter, "What is sent stays inside the limits even if the controller joins it this much late (s).", 0.0, 0.05
    )
    realtime: bool = parameter(True, "Ask for real-time scheduling, where that is permitted.")
    stretch: float = parameter(_SAFETY.stretch, "Largest slow-down that may repair a proposal, as a factor.", 1.0, 3.0)

    def safety(self) -> SafetyConfig:
        """The part that the trajectory filter takes."""
        return SafetyConfig(
            horizon=self.horizon,
            max_age=self.max_age,
            max_state_age=self.max_state_age,
            start_tolerance=self.start_tolerance,
            stretch=self.stretch,
            lead=self.lead,
            jitter=self.jitter,
        )
