"""Planner and guard for an arm that takes joint trajectories; with sim:=true also a simulated arm and camera."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, EmitEvent, RegisterEventHandler, Shutdown
from launch.conditions import IfCondition
from launch.events import matches_action
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import LifecycleNode, Node
from launch_ros.event_handlers import OnStateTransition
from launch_ros.events.lifecycle import ChangeState
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare
from lifecycle_msgs.msg import Transition

# name, default, description
ARGUMENTS = (
    ("sim", "false", "Start a simulated Franka Panda with a camera; false: the arm is already there."),
    ("robot", "panda", "Robot: a name in share/wm_ros/config, or the path of a YAML file like config/panda.yaml."),
    ("namespace", "", "Namespace of all nodes and topics."),
    ("camera_topic", "camera/image_raw", "Camera images (sensor_msgs/Image)."),
    (
        "watch_camera_topic",
        "",
        "Topic of a second camera: a model of two views sees with it, and the gate for two cameras notices what comes in; empty: none.",
    ),
    ("joint_states_topic", "joint_states", "Measured joints (sensor_msgs/JointState)."),
    ("controller", "panda_arm_controller", "Controller to command, on <controller>/joint_trajectory."),
    (
        "gripper_controller",
        "panda_hand_controller",
        "Gripper's controller to command, on <gripper_controller>/joint_trajectory, where the robot file has a gripper.",
    ),
    (
        "model",
        "panda_tabletop",
        "World model: a name in share/wm_ros/models, or the path of a folder; none: pose and joint goals only.",
    ),
    (
        "obstacles",
        "",
        "Boxes that planner and guard keep the arm clear of, and that stand in the simulated scene: path of a YAML file; empty: none.",
    ),
    ("device", "auto", "Where the model runs: auto, cpu or cuda."),
    (
        "backend",
        "model",
        "What computes rollouts: model (as its config.yaml says; on a GPU fused-cuda in the place of fused), torch, fused, fused-bf16, fused-cuda, onnx, onnx-int8, or auto: the fastest that agrees.",
    ),
    ("use_sim_time", "false", "Use the time on /clock; with sim:=true the simulator publishes it."),
    ("autostart", "true", "Configure and activate the planner; false leaves that to you (ros2 lifecycle set)."),
    ("log_level", "info", "debug, info, warn, error or fatal."),
    ("task", "tabletop", "What the simulated scene is about: tabletop, push or pick_place (sim:=true)."),
    ("seed", "0", "Of the simulated scene (sim:=true)."),
    (
        "perturb",
        "",
        "What goes wrong in the simulated scene: intruder=medium, a forearm that comes in once the arm moves; empty: nothing (sim:=true).",
    ),
    ("gui", "false", "Open the simulator's window (sim:=true)."),
)
# A path may look like a number, and an empty one like nothing at all.
_OBSTACLES = ParameterValue(LaunchConfiguration("obstacles"), value_type=str)


def generate_launch_description() -> LaunchDescription:
    """What `ros2 launch wm_ros arm_planner.launch.py` runs."""
    share = FindPackageShare("wm_ros")
    arguments = [DeclareLaunchArgument(name, default_value=value, description=text) for name, value, text in ARGUMENTS]
    arguments.append(
        DeclareLaunchArgument(
            "params_file",
            default_value=PathJoinSubstitution([share, "config", "arm_planner.yaml"]),
            description="Parameters of the nodes; the arguments above win over it.",
        )
    )
    return LaunchDescription([*arguments, simulator(), guard(), *planner()])


def simulator() -> Node:
    """The simulated arm and camera."""
    return Node(
        package="wm_ros",
        executable="wm_sim_node",
        name="sim",
        condition=IfCondition(LaunchConfiguration("sim")),
        parameters=[
            LaunchConfiguration("params_file"),
            {
                "controller": LaunchConfiguration("controller"),
                "gripper_controller": LaunchConfiguration("gripper_controller"),
                "task": LaunchConfiguration("task"),
                "seed": LaunchConfiguration("seed"),
                "perturb": ParameterValue(LaunchConfiguration("perturb"), value_type=str),
                "obstacles": _OBSTACLES,
                "gui": LaunchConfiguration("gui"),
                "publish_clock": LaunchConfiguration("use_sim_time"),
            },
        ],
        on_exit=_end_all("the simulator ended"),
        **_common(),
    )


def guard() -> Node:
    """The only one that commands the controller."""
    return Node(
        package="wm_ros",
        executable="wm_guard_node",
        name="guard",
        parameters=[
            LaunchConfiguration("params_file"),
            {
                "robot": LaunchConfiguration("robot"),
                "controller": LaunchConfiguration("controller"),
                "gripper_controller": LaunchConfiguration("gripper_controller"),
                "obstacles": _OBSTACLES,
                "use_sim_time": LaunchConfiguration("use_sim_time"),
            },
        ],
        on_exit=_end_all("the guard ended, and nothing may move without it"),
        **_common(),
    )


def planner() -> list:
    """The planner, configured and activated with autostart:=true."""
    node = LifecycleNode(
        package="wm_ros",
        executable="wm_planner_node",
        name="planner",
        parameters=[
            LaunchConfiguration("params_file"),
            {
                "robot": LaunchConfiguration("robot"),
                "controller": LaunchConfiguration("controller"),
                "gripper_controller": LaunchConfiguration("gripper_controller"),
                "model": LaunchConfiguration("model"),
                "obstacles": _OBSTACLES,
                "device": LaunchConfiguration("device"),
                "backend": LaunchConfiguration("backend"),
                "watch_camera_topic": ParameterValue(LaunchConfiguration("watch_camera_topic"), value_type=str),
                "use_sim_time": LaunchConfiguration("use_sim_time"),
            },
        ],
        **_common(),
    )
    autostart = IfCondition(LaunchConfiguration("autostart"))
    activate = OnStateTransition(
        target_lifecycle_node=node,
        start_state="configuring",
        goal_state="inactive",
        entities=[_change(node, Transition.TRANSITION_ACTIVATE)],
    )
    return [
        RegisterEventHandler(activate, condition=autostart),
        node,
        _change(node, Transition.TRANSITION_CONFIGURE, autostart),
    ]


def _change(node: LifecycleNode, transition: int, condition: IfCondition | None = None) -> EmitEvent:
    event = ChangeState(lifecycle_node_matcher=matches_action(node), transition_id=transition)
    return EmitEvent(event=event, condition=condition)


def _end_all(reason: str):
    # A second shutdown while the first is under way is an error in launch_ros.
    return lambda event, context: None if context.is_shutdown else Shutdown(reason=reason)


def _common() -> dict:
    return {
        "namespace": LaunchConfiguration("namespace"),
        "output": "screen",
        "ros_arguments": ["--log-level", LaunchConfiguration("log_level")],
        "remappings": [
            ("camera/image_raw", LaunchConfiguration("camera_topic")),
            ("joint_states", LaunchConfiguration("joint_states_topic")),
        ],
    }
