"""Kernels for a GPU, compiled for the CPU by g++: a thread after the other. Loaded by the conftest files, as the fakes are."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from wm_core.planning.tool_kernel import SOURCE

# What NVRTC has of its own.
SHIM = """
#include <cmath>
#define __device__
#define __global__
struct { int x; } threadIdx, blockIdx, blockDim;
#include "%s"
extern "C" void run(int blocks, int threads, void** p, int* n) {
    blockDim.x = threads;
    for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x)
        for (threadIdx.x = 0; threadIdx.x < threads; ++threadIdx.x)
            tool_motion((Arm*)p[0], (float*)p[1], (float*)p[2], (float*)p[3], (float*)p[4], (float*)p[5], (float*)p[6],
                        (float*)p[7], (float*)p[8], (unsigned char*)p[9], n[0], n[1], n[2], n[3], n[4]);
}
"""


def tool_motion_on_cpu(folder: Path, joints: int) -> Callable[..., None]:
    """`tool_motion.cu`, to be launched as on a GPU. folder: where it is built."""
    (folder / "kernel.cpp").write_text(SHIM % SOURCE)
    options = ["-O2", "-shared", "-fPIC", "-Wno-unknown-pragmas", f"-DJOINTS={joints}"]
    subprocess.run(["g++", *options, "-o", folder / "kernel.so", folder / "kernel.cpp"], check=True)
    run = ctypes.CDLL(str(folder / "kernel.so")).run

    def launch(blocks: int, threads: int, arguments: list[Tensor | int]) -> None:
        pointers = [argument.data_ptr() for argument in arguments if isinstance(argument, Tensor)]
        numbers = [argument for argument in arguments if isinstance(argument, int)]
        run(blocks, threads, (ctypes.c_void_p * len(pointers))(*pointers), (ctypes.c_int * len(numbers))(*numbers))

    return launch
