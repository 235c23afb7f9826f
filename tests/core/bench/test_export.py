"""A model is exported if plans made with the file are those of the model, and else refused."""

import json
from dataclasses import replace

import pytest
import torch
from typer.testing import CliRunner

from wm_core.backends import BackendError
from wm_core.backends.backed_model import BackedWorldModel
from wm_core.backends.choose import make_rollout
from wm_core.backends.onnx_rollout import OnnxRollout
from wm_core.bench import export as exporting
from wm_core.bench.export import export_model
from wm_core.bench.plan_check import EXACT, PlanTolerance, compare_plans, require
from wm_core.bench.replanner import replanner
from wm_core.cli.app import app
from wm_core.types import Focus

NOTHING = PlanTolerance(misjudged=0.0, regret=-1.0, first_action_m=0.0, gripper=0.0)
ANYTHING = PlanTolerance(misjudged=9.0, regret=9.0, first_action_m=9.0, gripper=1.0)


def onnx():
    return pytest.importorskip("onnxruntime", reason="requirements/bench.txt is not installed")


def test_the_same_model_makes_the_same_plans(agent, situations):
    found = compare_plans(agent.planner, replanner(agent.planner), situations)
    assert (found.misjudged, found.first_action_m, found.gripper) == pytest.approx((0.0, 0.0, 0.0), abs=1e-6)
    assert found.states == 4 and found.other_seed_first_action_m > 1e-3
    require(found, EXACT, "the same")


def test_what_is_left_alone_is_judged_as_the_planner_does(agent, situations):
    # Within 10 cm of its picture an object costs nothing: judged without that, every plan seemed misjudged by a third.
    planner = replanner(agent.planner, near_enough=0.1)
    about = [replace(one, goal=replace(one.goal, focus=Focus.OBJECT)) for one in situations]
    assert compare_plans(planner, replanner(planner), about).misjudged == pytest.approx(0.0, abs=1e-6)


def test_another_model_is_found_out(agent, situations):
    model = agent.planner.world_model
    other = type(model)(model.config).eval().requires_grad_(False)  # other random weights
    backed = BackedWorldModel(model, "fused", make_rollout(other, "fused"))
    found = compare_plans(agent.planner, replanner(agent.planner, backed), situations)
    with pytest.raises(BackendError, match="'other' does not plan as the model does, over 4 states: .*misjudged"):
        require(found, EXACT, "other")


def test_what_is_written_is_the_model(folder, scene, agent, tmp_path):
    onnx()
    report = export_model(folder, tmp_path / "out", scene, states=3, seed=0, int8=False)
    assert report.fp32.states == 3 and report.int8 is None and not (tmp_path / "out" / "step.int8.onnx").exists()
    model = agent.planner.world_model
    latent, actions = torch.randn(2, 20, generator=torch.Generator().manual_seed(0)), 0.02 * torch.ones(5, 3, 4)
    found = OnnxRollout(tmp_path / "out" / "step.onnx", model.history).rollout(latent, actions)
    torch.testing.assert_close(found, model.rollout(latent, actions), rtol=1e-4, atol=1e-5)
    said = json.loads((tmp_path / "out" / "export.json").read_text())
    assert said["model_sha256"] == (folder / "model.sha256").read_text().split()[0]
    assert said["machine"]["processor"] and said["machine"]["packages"]["onnxruntime"]


def test_eight_bits_are_refused_where_plans_differ(folder, scene, tmp_path, monkeypatch):
    onnx()
    monkeypatch.setattr(exporting, "ROUNDED", ANYTHING)
    out = tmp_path / "out"
    assert export_model(folder, out, scene, states=2, seed=0, int8=True).refused is None
    assert (out / "step.int8.onnx").exists()
    monkeypatch.setattr(exporting, "ROUNDED", NOTHING)
    report = export_model(folder, out, scene, states=2, seed=0, int8=True)
    assert "'step.int8.onnx' does not plan as the model does, over 2 states: misjudged" in report.refused
    assert report.int8 is not None and not (out / "step.int8.onnx").exists()  # nor that of the export before


def test_the_command_says_that_it_refused(folder, scene, tmp_path, monkeypatch):
    onnx()
    monkeypatch.setattr(exporting, "ROUNDED", NOTHING)
    monkeypatch.setattr("wm_core.environments.make_environment", lambda name, **options: scene)
    told = ["export", "--model", str(folder), "--out", str(tmp_path / "out"), "--int8", "--states", "1"]
    done = CliRunner().invoke(app, told)
    assert done.exit_code == 1
    assert "step.onnx: over 1 states" in done.output and "wm: refused: 'step.int8.onnx' does not plan" in done.output


def test_a_file_that_is_no_graph_is_named_as_such(tmp_path):
    onnx()
    (tmp_path / "step.onnx").write_bytes(b"no graph")
    with pytest.raises(BackendError, match="onnxruntime cannot read the graph"):
        OnnxRollout(tmp_path / "step.onnx", 2)
