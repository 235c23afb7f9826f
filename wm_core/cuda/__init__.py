"""Kernels of our own on an NVIDIA GPU, compiled when they are needed, and work that is recorded."""

from wm_core.cuda.kernel import Kernel, KernelError, compile_kernels
from wm_core.cuda.precision import tensor_float32
from wm_core.cuda.recorded import Recorded
from wm_core.cuda.recorder import GraphRecorder, Recorder

__all__ = ["GraphRecorder", "Kernel", "KernelError", "Recorded", "Recorder", "compile_kernels", "tensor_float32"]
