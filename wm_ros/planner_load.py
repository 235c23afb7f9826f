"""Builds the planner's tools from its parameters. The only file of the nodes that leads to torch."""

from __future__ import annotations

import numpy as np
from rclpy.node import Node

from wm_core.config import PlannerConfig
from wm_core.limits import arm_limits
from wm_core.resources import find_model
from wm_core.types import Goal, JointState, Observation, PlannerState
from wm_ros.planner_parameters import PlannerParameters
from wm_ros.planner_tools import LoadError, PlannerTools
from wm_ros.robot_source import load_robot

NO_MODEL = "none"


def load_tools(node: Node, parameters: PlannerParameters) -> PlannerTools:
    """Robot, model and planner, with one plan made already: the first is slow. Raises whatever is wrong."""
    from wm_core.device import choose_device
    from wm_core.model.checkpoint import load_card, load_world_model
    from wm_core.planning.mpc import MpcPlanner

    robot, arm = load_robot(node, parameters.robot, parameters.description_timeout)
    device = choose_device(parameters.device)
    config, model, max_step = PlannerConfig(), None, 0.05
    if parameters.model != NO_MODEL:
        folder = find_model(parameters.model)
        card = load_card(folder)
        if card.model.joints != len(robot.joint_names):
            raise LoadError(
                f"model '{parameters.model}' was trained for {card.model.joints} joints, "
                f"robot '{robot.name}' has {len(robot.joint_names)}"
            )
        config, model, max_step = card.planner, load_world_model(folder, device), card.model.max_step
    threads = parameters.threads or None
    planner = MpcPlanner(robot, arm, config, model, device=device, threads=threads, max_step=max_step)
    tools = PlannerTools(robot.name, arm, arm_limits(robot, arm), planner, model, config.deadline)
    _warm_up(tools, np.array(robot.home))
    return tools


def _warm_up(tools: PlannerTools, home: np.ndarray) -> None:
    image = np.zeros((64, 64, 3), dtype=np.uint8)
    state = JointState(home, np.zeros_like(home), 1.0)
    observations = [Observation(image, state, 1.0 + tools.step * row) for row in range(tools.history)]
    goal = Goal(joints=home) if tools.world_model is None else Goal(image=image)
    plan, _ = tools.planner.plan(observations, goal, PlannerState(seed=0))
    if not np.isfinite(plan.joint_path).all():
        raise LoadError("the model plans motion that is not finite: are its weights damaged?")
