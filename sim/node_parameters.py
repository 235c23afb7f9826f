"""What can be set on the simulator node."""

from __future__ import annotations

from dataclasses import dataclass

from wm_ros.parameters import parameter


@dataclass(frozen=True)
class SimParameters:
    """Read once, at the start."""

    controller: str = parameter(
        "panda_arm_controller", "Trajectories are taken on <controller>/joint_trajectory, as with ros2_control."
    )
    gripper_controller: str = parameter("panda_hand_controller", "The same for the fingers.")
    task: str = parameter(
        "tabletop",
        "What is on the table, where the camera stands and the arm begins: tabletop, or a task of handling the part.",
        choices=("tabletop", "push", "pick_place"),
    )
    seed: int = parameter(0, "Where the part lies and, in a task, the arm begins; equal seeds are equal scenes.", 0, 2**31 - 1)
    obstacles: str = parameter("", "Boxes that stand in the scene: path of a YAML file; empty: none.")
    perturb: str = parameter(
        "", "What goes wrong: intruder=STRENGTH (low, medium, high or times medium), a forearm that comes in once the arm moves; empty: nothing."
    )
    gui: bool = parameter(False, "Open PyBullet's window; without a display the node runs headless and says so.")
    publish_clock: bool = parameter(False, "Publish simulated time on /clock and stamp with it, not with wall time.")
    realtime: bool = parameter(True, "Ask for real-time scheduling of physics; without the permission go on without.")
    joint_state_rate: float = parameter(100.0, "joint_states, Hz; nothing is published faster than this.", 20.0, 240.0)
    camera_rate: float = parameter(20.0, "camera/image_raw and camera/camera_info, Hz, at most.", 0.1, 60.0)
    watch_camera_rate: float = parameter(
        10.0, "watch_camera/image_raw and watch_camera/camera_info, Hz, at most, and only while somebody subscribes.", 0.1, 60.0
    )
    tool_pose_rate: float = parameter(50.0, "~/tool_pose and ~/part_pose, Hz.", 0.1, 240.0)
    image_width: int = parameter(128, "Pixels.", 16, 1920)
    image_height: int = parameter(128, "Pixels.", 16, 1080)
    camera_frame: str = parameter("camera_optical_frame", "frame_id of the images: z forward, x right, y down; of the watch camera's with watch_ before it.")
    base_frame: str = parameter("panda_link0", "frame_id of ~/tool_pose and ~/part_pose: the arm's base.")
