"""Parameters of the planner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from wm_core.config import BackendName
from wm_ros.conversions.goal_messages import GoalDefaults
from wm_ros.image_topic import RELIABILITIES, TRANSPORTS
from wm_ros.parameters import parameter

AS_THE_MODEL_SAYS = "model"


@dataclass(frozen=True)
class PlannerParameters:
    """Read at every configure: set them, then configure."""

    robot: str = parameter("panda", "Robot: a name in share/wm_ros/config or the path of a YAML file.")
    controller: str = parameter("panda_arm_controller", "Controller whose <controller>/joint_trajectory shows what the arm follows.")
    gripper_controller: str = parameter(
        "panda_hand_controller", "Gripper's controller, whose <gripper_controller>/joint_trajectory shows what the fingers were told."
    )
    model: str = parameter("panda_tabletop", "World model: a name in share/wm_ros/models or a path; none: pose and joint goals only.")
    tool_speed: float = parameter(
        0.25, "Fastest tool on the way to a pose, without a model (m/s); one with a model moves as it was trained to.", 0.01, 2.0
    )
    gate: bool = parameter(True, "Let the model's gate, where it has one (wm gate), stop the arm when what is seen is not what the model knows.")
    watch_camera_topic: str = parameter(
        "", "Topic of a second camera: a model of two views sees with it, and the gate for two cameras (gate_watch.yaml) notices what comes in; empty: none."
    )
    obstacles: str = parameter("", "Boxes to plan around: path of a YAML file; empty: none are declared.")
    device: str = parameter("auto", "Where the model runs.", choices=("auto", "cpu", "cuda"))
    backend: str = parameter(
        AS_THE_MODEL_SAYS,
        "What computes rollouts; model: as its config.yaml says, torch where it says nothing, on a GPU fused-cuda in the place of fused; auto: the fastest that agrees, found at every configure.",
        choices=(AS_THE_MODEL_SAYS, *get_args(BackendName)),
    )
    threads: int = parameter(1, "Threads of torch; beside other busy processes one is faster than two. 0 leaves torch's own choice.", 0, 64)
    description_timeout: float = parameter(
        10.0, "How long configure waits for robot_description where the robot file names no URDF (s).", 0.1, 60.0
    )
    replan_period: float = parameter(
        0.1, "Least time between two plans, on average: each begins with a frame that has just come (s).", 0.02, 2.0
    )
    take_over: float = parameter(
        0.03, "How far ahead a proposal takes over from the one before: the way through the guard takes that long (s).", 0.0, 0.2
    )
    horizon: float = parameter(1.0, "Length of what is proposed of each plan, at most: a plan may look less far ahead (s).", 0.2, 1.5)
    camera_period: float = parameter(
        0.1, "Longest time between two frames of a working camera; at most the model step. A past frame, or a second view of a moment, may be off by half of it (s).", 0.005, 1.0
    )
    image_reliability: str = parameter(
        "reliable", "QoS of the image subscriptions; best effort loses most frames above 640x480.", choices=RELIABILITIES
    )
    image_transport: str = parameter(
        "raw", "Pictures as they are, or JPEG or PNG on <topic>/compressed (sensor_msgs/CompressedImage), for cameras far away.", choices=TRANSPORTS
    )
    max_frame_age: float = parameter(0.5, "Oldest camera frame that is planned on (s).", 0.02, 5.0)
    max_state_age: float = parameter(0.25, "Oldest joint state that is planned on (s).", 0.02, 5.0)
    frozen_after: float = parameter(1.0, "Same pixels for this long while the arm moves: the camera is frozen (s).", 0.1, 10.0)
    position_tolerance: float = parameter(0.03, "Default distance that counts as reached (m).", 0.001, 0.5)
    orientation_tolerance: float = parameter(0.2, "Default angle that counts as reached (rad).", 0.01, 3.2)
    joint_tolerance: float = parameter(0.03, "Default joint error that counts as reached (rad).", 0.001, 1.0)
    rest_speed: float = parameter(0.05, "Fastest joint of an arm that counts as at rest (rad/s).", 0.001, 1.0)
    settle_time: float = parameter(0.3, "How long the arm stays at the goal before it counts as reached (s).", 0.0, 5.0)
    time_limit: float = parameter(30.0, "Default time limit of a goal (s).", 0.1, 3600.0)
    no_progress_time: float = parameter(6.0, "A goal ends when neither the distance nor what is left to turn fell for this long; an arm that still moves within the tolerances is brought to rest instead (s).", 0.5, 600.0)
    no_progress_time_object: float = parameter(
        15.0, "The same of a goal about an object alone (s): a push that misses moves it away, and is tried again.", 0.5, 600.0
    )
    rejection_time: float = parameter(1.5, "A goal ends when the guard refused everything for this long (s).", 0.1, 60.0)
    base_frame: str = parameter("", "Frame that pose goals must be in; empty takes any.")

    def goal_defaults(self) -> GoalDefaults:
        """What a goal means where it says nothing."""
        return GoalDefaults(
            self.position_tolerance, self.orientation_tolerance, self.joint_tolerance, self.time_limit, self.base_frame
        )
