"""`wm plan`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import numpy as np
import typer
from rich.table import Table

from wm_core.cli.console import output
from wm_core.cli.files import require_writable
from wm_core.told import told
from wm_core.config import BackendName
from wm_core.config.seed import LARGEST_SEED

if TYPE_CHECKING:
    from wm_core.protocols import Environment
    from wm_core.types import Goal, Plan


def plan(
    model: Annotated[str, typer.Option(help="Name or folder of a trained model.")] = "panda_tabletop",
    task: Annotated[str, typer.Option(help="reach, push, pick_place or reach_around.")] = "reach",
    seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Of the scene, and of the goal where none is given.")] = 0,
    goal_image: Annotated[Optional[Path], typer.Option(help="Picture of the finished scene.")] = None,
    goal_position: Annotated[Optional[str], typer.Option(help="Tool position 'x y z', m.")] = None,
    goal_joints: Annotated[Optional[str], typer.Option(help="Joint positions 'q1 q2 ...', rad.")] = None,
    goal_object: Annotated[Optional[str], typer.Option(help="Position 'x y z' of the object's centre, m.")] = None,
    environment: Annotated[str, typer.Option("--env", help="Registered environment.")] = "panda_tabletop",
    explain: Annotated[Optional[Path], typer.Option(help="Say what else was considered, and draw it into this PNG.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    backend: Annotated[
        Optional[BackendName],
        typer.Option(help="What computes rollouts: torch, fused, fused-bf16, fused-cuda, onnx, onnx-int8 or auto; else as the model says."),
    ] = None,
) -> None:
    """Plan once from a seeded scene and show what was chosen and why."""
    from wm_core.agent import load_agent
    from wm_core.backends.backed_model import backend_of
    from wm_core.cli.plan_picture import write_plan_picture
    from wm_core.environments import make_environment
    from wm_core.model.checkpoint import load_card
    from wm_core.planning.goals import validate_goal
    from wm_core.resources import find_model

    require_writable("--explain", explain)
    folder = find_model(model)
    with told("wm_core.backends", lambda text: output.print(text, markup=False, highlight=False, soft_wrap=True)):
        agent = load_agent(folder, device, backend=backend)
    views = load_card(folder).model.views
    scene = make_environment(environment, task=task, views=views)
    try:
        observation = scene.reset(seed)
        goal = _goal(scene, seed, goal_image, goal_position, goal_joints, goal_object)
        validate_goal(goal, scene.kinematics, scene.robot)
        chosen = agent.choose_action(observation, goal)
        _show(chosen, goal.kind)
        output.print(f"rollouts by backend '{backend_of(agent.planner.world_model)}' on {agent.planner.device}", highlight=False)
        if explain is not None:
            _explain(chosen)
            write_plan_picture(explain, chosen, observation, goal)
            output.print(f"drawn in {explain}", highlight=False, soft_wrap=True)
    finally:
        scene.close()


def _goal(
    scene: "Environment", seed: int, image: Path | None, position: str | None, joints: str | None, part: str | None
) -> "Goal":
    """What the options say; the scene's own goal, or the first of its sub-goals, where they say nothing."""
    from wm_core.types import Goal, Pose

    if image is None and position is None and joints is None and part is None:
        return scene.stages(seed)[0].goal
    return Goal(
        image=None if image is None else _read_image(image),
        pose=None if position is None else Pose(_numbers("--goal-position", position)),
        joints=None if joints is None else _numbers("--goal-joints", joints),
        object_position=None if part is None else _numbers("--goal-object", part),
    )


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
    if plan.gripper is not None:
        path.add_column("gripper")
    if plan.uncertainty is not None:
        path.add_column("unsure, m")
    for row in range(len(plan.joint_path)):
        path.add_row(*_cells(plan, row))
    output.print(path)
    terms = ", ".join(f"{term.name} {term.value:.4f}" for term in plan.terms)
    output.print(f"cost {plan.cost:.4f}: {terms}", highlight=False)
    budget = f"{plan.samples} x {len(plan.joint_path)} x {plan.iterations}"
    output.print(f"{budget} (samples x horizon x iterations) in {1e3 * plan.seconds:.0f} ms", highlight=False)


def _explain(plan: "Plan") -> None:
    why = plan.explanation
    names = [term.name for term in plan.terms]
    table = Table("", "ends at x y z, m", "cost", *names, title="what it was chosen from: futures that lead elsewhere")
    rows = [("chosen", plan.tool_path, plan.cost, plan.terms)]
    rows += [(f"{number}.", other.tool_path, other.cost, other.terms) for number, other in enumerate(why.alternatives, start=2)]
    for label, path, cost, terms in rows:
        table.add_row(label, _row(path[-1]), f"{cost:.3f}", *(f"{term.value:.3f}" for term in terms))
    output.print(table)
    seen = why.considered
    output.print(
        f"{seen.scored} futures scored: {seen.limited} kept by limits from what was drawn, {seen.touching} touch an "
        f"obstacle, {seen.invalid} without a finite cost",
        highlight=False,
        soft_wrap=True,
    )
    if why.goal_distance is not None:
        ahead = f"{why.realised:.3f} m from the goal picture now, {why.goal_distance[-1]:.3f} m imagined at the end"
        output.print(ahead, highlight=False)


def _cells(plan: "Plan", row: int) -> list[str]:
    cells = [f"{(row + 1) * plan.step:.1f}", _row(plan.tool_path[row]), _row(plan.joint_path[row])]
    if plan.gripper is not None:
        cells.append({-1: "close", 0: "", 1: "open"}[int(plan.gripper[row])])
    if plan.uncertainty is not None:
        cells.append(f"{plan.uncertainty[row]:.3f}")
    return cells


def _row(values: np.ndarray) -> str:
    return " ".join(f"{value:6.3f}" for value in values)
