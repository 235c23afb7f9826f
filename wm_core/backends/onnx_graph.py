"""One step of a rollout as an ONNX graph, written node by node: no tracing, and the names are known to who quantises it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from wm_core.backends.errors import BackendError
from wm_core.backends.rollout_weights import Layer, RolloutWeights

if TYPE_CHECKING:
    from onnx import ModelProto

HOW_TO_GET = "pip install --no-deps -r requirements/bench.txt"
OPSET = 17  # the first with LayerNormalization


def step_graph(weights: RolloutWeights) -> ModelProto:
    """Inputs 'moment_0' ... (B, D), oldest first, and 'action' (B, A) in m; output 'next' (B, D).

    Raises `BackendError` where the package onnx is missing.
    """
    builder = _Builder()
    moments = [f"moment_{index}" for index in range(weights.history)]
    # Not made part of the weights: beside latents of about 1, actions of centimetres would be lost in 8 bits.
    scaled = builder.add("Mul", ["action", builder.constant("action_scale", _array(weights.action_scale))])
    seen = builder.add("Concat", [*moments, scaled], axis=1)
    change = builder.mlp("predictor", seen, weights.predictor)
    if weights.gate is not None:
        change = _held(builder, change, seen, weights)
    builder.add("Add", [moments[-1], change], output="next")
    inputs = {name: weights.latent for name in moments} | {"action": weights.action}
    return builder.model(inputs, {"next": weights.latent})


def quantise(graph: ModelProto) -> ModelProto:
    """The same graph with the large weights in int8, one scale a channel, and activations in 8 bits, scaled as they come.

    What reads the object out of a change stays as it is: a rounding there moves an object that nobody touched. Raises
    `BackendError` where onnxruntime is missing.
    """
    try:
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError as error:
        raise BackendError(f"quantising needs the package {error.name}: {HOW_TO_GET}") from error
    import onnx

    exact = [node.name for node in graph.graph.node if node.name.startswith("gate_")]
    prepared = onnx.ModelProto.FromString(graph.SerializeToString())
    # Says that the graph needs none of the tidying that traced graphs need; without it a warning goes to everybody's log.
    onnx.helper.set_model_props(prepared, {"onnx.quant.pre_process": "onnxruntime.quant"})
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "fp32.onnx"), Path(folder, "int8.onnx")
        onnx.save(prepared, before)
        quantize_dynamic(before, after, per_channel=True, weight_type=QuantType.QInt8, nodes_to_exclude=exact)
        return onnx.load(after)


def _held(builder: _Builder, change: str, seen: str, weights: RolloutWeights) -> str:
    """As `hold_untouched` has it."""
    gate, rest = weights.gate, weights.latent - weights.visual
    touch = builder.mlp("touch", seen, gate.layers)
    untouched = builder.add("Sigmoid", [builder.add("Neg", [touch])])
    read = np.pad(_array(gate.read.T), ((0, rest), (0, 0)))  # the felt part of a change is left alone
    back = np.pad(_array(gate.back), ((0, 0), (0, rest)))
    moved = builder.add("MatMul", [change, builder.constant("gate_read", read)], name="gate_read_product")
    moved = builder.add("Mul", [moved, untouched])
    moved = builder.add("MatMul", [moved, builder.constant("gate_back", back)], name="gate_back_product")
    return builder.add("Sub", [change, moved])


class _Builder:
    """Collects nodes and constants."""

    def __init__(self) -> None:
        try:
            import onnx
        except ImportError as error:
            raise BackendError(f"an ONNX graph needs the package onnx: {HOW_TO_GET}") from error
        self._onnx = onnx
        self._nodes: list[object] = []
        self._constants: list[object] = []

    def add(self, kind: str, inputs: list[str], name: str = "", output: str = "", **settings: object) -> str:
        """-> the name of its output"""
        output = output or f"value_{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(kind, inputs, [output], name or f"node_{output}", **settings))
        return output

    def constant(self, name: str, value: np.ndarray) -> str:
        """-> its name"""
        self._constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    def mlp(self, name: str, rows: str, layers: tuple[Layer, ...]) -> str:
        """-> the name of what comes out"""
        for index, layer in enumerate(layers):
            part = f"{name}_{index}"
            weight = self.constant(f"{part}_weight", _array(layer.weight.T))
            rows = self.add("MatMul", [rows, weight], name=f"{part}_product")
            rows = self.add("Add", [rows, self.constant(f"{part}_bias", _array(layer.bias))])
            if layer.norm is not None:
                scale, shift, epsilon = layer.norm
                scaled = [self.constant(f"{part}_scale", _array(scale)), self.constant(f"{part}_shift", _array(shift))]
                rows = self.add("LayerNormalization", [rows, *scaled], axis=-1, epsilon=epsilon)
            if layer.silu:
                rows = self.add("Mul", [rows, self.add("Sigmoid", [rows])])
        return rows

    def model(self, inputs: dict[str, int], outputs: dict[str, int]) -> ModelProto:
        """Names and widths; every one has B rows."""
        make = self._onnx.helper
        kind = self._onnx.TensorProto.FLOAT
        told = [make.make_tensor_value_info(name, kind, ["B", width]) for name, width in inputs.items()]
        given = [make.make_tensor_value_info(name, kind, ["B", width]) for name, width in outputs.items()]
        graph = make.make_graph(self._nodes, "step", told, given, self._constants)
        # The oldest format that this operator set allows, so that older runtimes read it too.
        model = make.make_model(graph, opset_imports=[make.make_opsetid("", OPSET)], ir_version=8)
        self._onnx.checker.check_model(model)
        return model


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy()
