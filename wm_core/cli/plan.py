"""`wm plan`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import numpy as np
import typer
from rich.table import Table

from wm_core.cli.console import output

if TYPE_CHECKING:
    from wm_core.protocols import Environment
    from wm_core.types import Goal, Plan


def plan(
    model: Annotated[str, typer.Option(help="Name or folder of a trained model.")] = "panda_tabletop",
    seed: Annotated[int, typer.Option(min=0, help="Of the scene, and of the goal where none is given.")] = 0,
    goal_image: Annotated[Optional[Path], typer.Option(help="Picture of the finished scene.")] = None,
    goal_position: Annotated[Optional[str], typer.Option(help="Tool position 'x y z', m.")] = None,
    goal_joints: Annotated[Optional[str], typer.Option(help="Joint positions 'q1 q2 ...', rad.")] = None,
    environment: Annotated[str, typer.Option("--env", help="Registered environment.")] = "panda_tabletop",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """Plan once from a seeded scene and show what was chosen and why."""
    from wm_core.agent import load_agent
    from wm_core.environments import make_environment
    from wm_core.planning.goals import validate_goal
    from wm_core.resources import find_model

    agent = load_agent(find_model(model), device)
    scene = make_environment(environment)
    try:
        observation = scene.reset(seed)
        goal = _goal(scene, seed, goal_image, goal_position, goal_joints)
        validate_goal(goal, scene.kinematics, scene.robot)
        _show(agent.choose_action(observation, goal), goal.kind)
    finally:
        scene.close()


def _goal(scene: "Environment", seed: int, image: Path | None, position: str | None, joints: str | None) -> "Goal":
    from wm_core.types import Goal, Pose

    if image is None and position is None and joints is None:
        return scene.sample_goal(seed, "image")
    pose = None if position is None else Pose(_numbers("--goal-position", position))
    picture = None if image is None else _read_image(image)
    return Goal(picture, pose, None if joints is None else _numbers("--goal-joints", joints))


def _read_image(path: Path) -> np.ndarray:
    import cv2

    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"--goal-image {path}: cannot read it as a picture; expected PNG or JPEG")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def _numbers(option: str, text: str) -> np.ndarray:
    try:
        return np.array([float(word) for word in text.replace(",", " ").split()])
    except ValueError:
        raise ValueError(f"{option} '{text}': expected numbers with spaces between them") from None


def _show(plan: "Plan", kind: str) -> None:
    path = Table("t, s", "tool x y z, m", "joints, rad", title=f"plan for a goal told as {kind}")
    for row, (tool, joints) in enumerate(zip(plan.tool_path, plan.joint_path), start=1):
        path.add_row(f"{row * plan.step:.1f}", _row(tool), _row(joints))
    output.print(path)
    terms = ", ".join(f"{term.name} {term.value:.4f}" for term in plan.terms)
    output.print(f"cost {plan.cost:.4f}: {terms}", highlight=False)
    budget = f"{plan.samples} x {len(plan.joint_path)} x {plan.iterations}"
    output.print(f"{budget} (samples x horizon x iterations) in {1e3 * plan.seconds:.0f} ms", highlight=False)


def _row(values: np.ndarray) -> str:
    return " ".join(f"{value:6.3f}" for value in values)
