"""How the world model's rollouts are computed."""

from __future__ import annotations

from typing import Literal

BackendName = Literal["auto", "torch", "fused", "fused-bf16", "fused-cuda", "onnx", "onnx-int8"]
