"""Builds the planner's tools from its parameters. The only file of the nodes that leads to torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rclpy.exceptions import InvalidTopicNameException
from rclpy.node import Node
from rclpy.validate_topic_name import validate_topic_name

from wm_core.config import ObstacleConfig, RobotConfig, SafetyConfig, load_obstacles
from wm_core.doubts import doubts
from wm_core.gripper import Gripper
from wm_core.limits import arm_limits
from wm_core.resources import find_model
from wm_core.safety import Body, Clearance
from wm_core.told import told
from wm_core.types import Goal, JointState, Observation, PlannerState
from wm_ros.planner_parameters import AS_THE_MODEL_SAYS, PlannerParameters
from wm_ros.planner_tools import BLIND_STEP, LoadError, PlannerTools
from wm_ros.robot_source import load_robot

if TYPE_CHECKING:
    from wm_core.kinematics.urdf_arm import UrdfArm
    from wm_core.monitor import SurpriseGate
    from wm_core.planning import MpcPlanner

NO_MODEL = "none"
_MOST_VIEWS = 2
# m between the body and obstacles that a proposal keeps: more than the guard asks, which has it join a little earlier or later
_KEEP_CLEAR = SafetyConfig().clearance + 0.002


def load_tools(node: Node, parameters: PlannerParameters) -> PlannerTools:
    """Robot, model and planner, with one plan made already: the first is slow. Raises whatever is wrong."""
    robot, arm = load_robot(node, parameters.robot, parameters.description_timeout)
    obstacles = _obstacles(parameters, robot)
    with told("wm_core.backends", node.get_logger().info):
        planner = _load_planner(robot, arm, parameters)
    planner = planner.with_obstacles(obstacles) if obstacles else planner
    model, gate = planner.world_model, _gate(parameters, planner, arm)
    if model is not None:
        from wm_core.backends.backed_model import backend_of

        node.get_logger().info(f"rollouts by '{backend_of(model)}' (backend:={parameters.backend}) on {planner.device}")
    limits = arm_limits(planner.robot, arm)  # not of our own robot: the planner's keeps to where the model knows what it sees
    tools = PlannerTools(
        robot.name,
        arm,
        limits,
        planner,
        model,
        planner.config.deadline,
        gripper=_gripper(robot, parameters.model) if model is not None and model.config.gripper else None,
        objects=model is not None and model.config.objects,
        makes_goals=model is not None and model.makes_goals,
        gate=gate,
        watches=gate is not None and gate.config.views > 1,
        views=1 if model is None else model.config.views,
        reach=planner.config.horizon * planner.step,
        obstacles=obstacles,
        clearance=Clearance(Body(robot, arm.chain()), obstacles, limits, _KEEP_CLEAR) if obstacles else None,
        seed=planner.config.seed,
        doubts=doubts(robot, arm, arm_limits(robot, arm)),
    )
    _warm_up(tools, np.array(robot.home))
    return tools


def _obstacles(parameters: PlannerParameters, robot: RobotConfig) -> tuple[ObstacleConfig, ...]:
    obstacles = load_obstacles(parameters.obstacles)
    if obstacles and not robot.body:
        raise LoadError(f"obstacles is '{parameters.obstacles}', and the file of robot '{robot.name}' has no 'body' to keep clear of them")
    return obstacles


def _load_planner(robot: RobotConfig, arm: UrdfArm, parameters: PlannerParameters) -> MpcPlanner:
    from wm_core.agent import load_planner
    from wm_core.device import choose_device
    from wm_core.model.checkpoint import load_card
    from wm_core.planning import MpcPlanner

    threads = parameters.threads or None
    if parameters.model == NO_MODEL:
        device, max_step = choose_device(parameters.device), parameters.tool_speed * BLIND_STEP
        return MpcPlanner(robot, arm, device=device, threads=threads, step=BLIND_STEP, max_step=max_step)
    folder = find_model(parameters.model)
    model = load_card(folder).model
    if model.joints != len(robot.joint_names):
        raise LoadError(
            f"model '{parameters.model}' was trained for {model.joints} joints, "
            f"robot '{robot.name}' has {len(robot.joint_names)}"
        )
    _check_views(parameters, model.views)
    backend = None if parameters.backend == AS_THE_MODEL_SAYS else parameters.backend
    return load_planner(folder, parameters.device, robot, arm, threads, backend)


def _check_views(parameters: PlannerParameters, views: int) -> None:
    if views > _MOST_VIEWS:
        raise LoadError(f"model '{parameters.model}' was trained with {views} cameras; the planner reads at most {_MOST_VIEWS}")
    if views > 1 and not parameters.watch_camera_topic:
        raise LoadError(
            f"model '{parameters.model}' was trained with {views} cameras, and watch_camera_topic, the topic of the second one, is empty"
        )


def _gripper(robot: RobotConfig, model: str) -> Gripper:
    if robot.gripper is None:
        raise LoadError(f"model '{model}' was trained with a gripper, and the file of robot '{robot.name}' has no 'gripper'")
    return Gripper(robot.gripper)


def _gate(parameters: PlannerParameters, planner: MpcPlanner, arm: UrdfArm) -> SurpriseGate | None:
    """The one for the cameras that there are, None where the model has no gate of its own or none is wanted."""
    from wm_core.backends.backed_model import model_itself
    from wm_core.monitor import GateError, gate_files, load_gate

    model, topic = planner.world_model, parameters.watch_camera_topic
    if not parameters.gate:
        return None
    if model is None:
        if topic:
            raise LoadError(f"watch_camera_topic is '{topic}', and without a model (model is '{NO_MODEL}') nothing looks through it")
        return None
    folder, own = find_model(parameters.model), model.config.views
    cameras = 2 if topic else 1
    for_gate = cameras > own  # whoever names a camera that the model does not see with wants a gate
    if not for_gate and not gate_files(cameras, own).there(folder):
        return None
    try:
        if for_gate:
            validate_topic_name(topic)
        return load_gate(folder, model_itself(model), arm, cameras)
    except (GateError, InvalidTopicNameException) as error:
        raise LoadError(f"watch_camera_topic is '{topic}': {error}" if for_gate else str(error)) from error


def _warm_up(tools: PlannerTools, home: np.ndarray) -> None:
    image = np.zeros((64, 64, 3), dtype=np.uint8)
    state = JointState(home, np.zeros_like(home), 1.0)
    opening = None if tools.gripper is None else tools.gripper.opening(tools.gripper.open)
    others = (image,) * (tools.views - 1)
    observations = [Observation(image, state, 1.0 + tools.step * row, opening, others) for row in range(tools.history)]
    goal = Goal(joints=home) if tools.world_model is None else Goal(image=image, other_views=others)
    plan, _ = tools.planner.plan(observations, goal, PlannerState(seed=0))
    if not np.isfinite(plan.joint_path).all():
        raise LoadError("the model plans motion that is not finite: are its weights damaged?")
    if tools.gate is not None:
        tools.gate.observe(observations[-1], camera=0)
