"""Kernels of our own on an NVIDIA GPU, compiled when they are needed, and work that is recorded."""

from wm_core.cuda.kernel import Kernel, KernelError, Launch, compile_kernels, in_rows, kernel_on
from wm_core.cuda.recorded import Recorded
from wm_core.cuda.recorder import GraphRecorder, Recorder
from wm_core.cuda.upload import upload

__all__ = ["GraphRecorder", "Kernel", "KernelError", "Launch", "Recorded", "Recorder", "compile_kernels", "in_rows", "kernel_on", "upload"]
