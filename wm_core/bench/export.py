"""A model's rollout step as an ONNX file, checked against the model by the plans that come of it."""

from __future__ import annotations

from pathlib import Path

from wm_core.agent import WorldModelAgent, load_agent
from wm_core.backends.backed_model import BackedWorldModel
from wm_core.backends.errors import BackendError
from wm_core.backends.onnx_graph import quantise, step_graph
from wm_core.backends.onnx_rollout import OnnxRollout
from wm_core.backends.rollout_weights import rollout_weights
from wm_core.bench.machine import Machine, describe_machine
from wm_core.bench.plan_check import EXACT, ROUNDED, PlanAgreement, PlanTolerance, Situation, compare_plans, require
from wm_core.bench.replanner import replanner
from wm_core.bench.situations import record_situations
from wm_core.config import BackendName, Strict
from wm_core.model.checkpoint import HASH
from wm_core.planning import MpcPlanner
from wm_core.protocols import Environment

FP32, INT8, REPORT = "step.onnx", "step.int8.onnx", "export.json"


class ExportReport(Strict):
    """`export.json`. model_sha256: of the weights that were exported; refused: why there is no int8 file, if asked for.

    It is true of the machine that it names: another processor rounds 8 bits otherwise.
    """

    model_sha256: str
    machine: Machine
    fp32: PlanAgreement
    fp32_tolerance: PlanTolerance = EXACT
    int8: PlanAgreement | None = None
    int8_tolerance: PlanTolerance = ROUNDED
    refused: str | None = None


def export_model(folder: Path, out: Path, scene: Environment, states: int, seed: int, int8: bool) -> ExportReport:
    """Writes `step.onnx`, with `int8` `step.int8.onnx` too if plans stay equivalent, and `export.json`.

    states: how many moments of the scene's episodes plans are compared at. Raises `BackendError` where the float32
    graph does not plan as the model does, or packages are missing; then nothing is written.
    """
    agent = load_agent(folder, "cpu", backend="torch")
    # How busy this machine is must not decide how many iterations a plan gets.
    planner = replanner(agent.planner, deadline=60.0)
    model = planner.world_model
    graph = step_graph(rollout_weights(model, model.predictor))
    moments = record_situations(scene, WorldModelAgent(agent.encoder, agent.predictor, planner), states, seed)
    exact = graph.SerializeToString()
    found = _compare(planner, "onnx", exact, moments)
    require(found, EXACT, FP32)
    out.mkdir(parents=True, exist_ok=True)
    (out / INT8).unlink(missing_ok=True)  # of an earlier export: it may not be of this model
    (out / FP32).write_bytes(exact)
    sha = (folder / HASH).read_text().split()[0]
    report = ExportReport(model_sha256=sha, machine=describe_machine(), fp32=found)
    if int8:
        small = quantise(graph).SerializeToString()
        rounded = _compare(planner, "onnx-int8", small, moments)
        report = report.model_copy(update={"int8": rounded, "refused": _refusal(rounded)})
        if report.refused is None:
            (out / INT8).write_bytes(small)
    (out / REPORT).write_text(report.model_dump_json(indent=1) + "\n")
    return report


def _compare(planner: MpcPlanner, name: BackendName, graph: bytes, moments: list[Situation]) -> PlanAgreement:
    model = planner.world_model
    other = BackedWorldModel(model, name, OnnxRollout(graph, model.history))
    return compare_plans(planner, replanner(planner, other), moments)


def _refusal(found: PlanAgreement) -> str | None:
    try:
        require(found, ROUNDED, INT8)
    except BackendError as error:
        return str(error)
    return None
