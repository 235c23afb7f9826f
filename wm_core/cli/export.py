"""`wm export`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wm_core.cli.console import errors, output
from wm_core.cli.seeds import evaluation_seeds

if TYPE_CHECKING:
    from wm_core.bench.plan_check import PlanAgreement


def export(
    out: Annotated[Path, typer.Option(help="Folder to write step.onnx and export.json to.")],
    model: Annotated[str, typer.Option(help="Name or folder of a trained model.")] = "panda_tabletop",
    int8: Annotated[bool, typer.Option("--int8", help="Also in 8 bits, if plans stay equivalent: step.int8.onnx.")] = False,
    states: Annotated[int, typer.Option(min=1, help="Moments at which plans are compared.")] = 20,
    task: Annotated[str, typer.Option(help="Whose episodes these are: reach, push, ...")] = "reach",
    seed: Annotated[int, typer.Option(min=0, help="Of the first episode.")] = 0,
    environment: Annotated[str, typer.Option("--env", help="Registered environment.")] = "panda_tabletop",
) -> None:
    """Write the predictor's step as ONNX, once plans made with it are shown to be those of the model."""
    from wm_core.bench.export import export_model
    from wm_core.bench.situations import PER_EPISODE
    from wm_core.environments import make_environment
    from wm_core.model.checkpoint import load_card
    from wm_core.resources import find_model

    evaluation_seeds(seed, -(-states // PER_EPISODE))
    folder = find_model(model)
    scene = make_environment(environment, task=task, views=load_card(folder).model.views)
    try:
        report = export_model(folder, out, scene, states, seed, int8)
    finally:
        scene.close()
    _say("step.onnx", report.fp32)
    if report.int8 is not None:
        _say("step.int8.onnx", report.int8)
    if report.refused is not None:
        errors.print(f"wm: refused: {report.refused}", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1)


def _say(file: str, found: "PlanAgreement") -> None:
    output.print(
        f"{file}: over {found.states} states its plans cost {100 * found.regret:+.2f} % (another seed's differ by "
        f"{100 * found.other_seed_regret:.2f} %), costs are misjudged by {100 * found.misjudged:.3f} %, first displacements "
        f"are {1e3 * found.first_action_m:.2f} mm apart (another seed's {1e3 * found.other_seed_first_action_m:.2f} mm), the "
        f"gripper differs in {100 * found.gripper:.0f} % (another seed's in {100 * found.other_seed_gripper:.0f} %)",
        highlight=False,
        soft_wrap=True,
    )
