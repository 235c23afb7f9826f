"""Kernels of our own on an NVIDIA GPU, compiled when they are needed, and work that is recorded."""

from wm_core.cuda.kernel import Kernel, KernelError, compile_kernels
from wm_core.cuda.recorder import GraphRecorder, Recorder

__all__ = ["GraphRecorder", "Kernel", "KernelError", "Recorder", "compile_kernels"]
