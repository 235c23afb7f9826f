"""Kernels for a GPU, compiled for the CPU by g++: a thread after the other. Loaded by the conftest files, as the fakes are."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from wm_core.backends.kernel_rollout import SOURCE as ROLLOUT_SOURCE
from wm_core.planning.tool_kernel import SOURCE as TOOL_SOURCE

# What NVRTC has of its own.
SHIM = """
#include <cmath>
#define __device__
#define __global__
#define __shared__ static
#define __syncthreads()
#define __sincosf sincosf
struct { int x; } threadIdx, blockIdx, blockDim;
#include "%s"
"""
TOOL_MOTION = """
extern "C" void run(int blocks, int threads, void** p, int* n) {
    blockDim.x = threads;
    for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x)
        for (threadIdx.x = 0; threadIdx.x < threads; ++threadIdx.x)
            tool_motion((Arm*)p[0], (float*)p[1], (float*)p[2], (float*)p[3], (float*)p[4], (float*)p[5], (float*)p[6],
                        (float*)p[7], (float*)p[8], (unsigned char*)p[9], n[0], n[1], n[2], n[3], n[4]);
}
"""
# One thread a block, so that threads need not wait for each other.
ROLLOUT = """
extern "C" void norm_silu_run(int blocks, float** p, int* n, float* f) {
    blockDim.x = 1;
    for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x) norm_silu(p[0], p[1], p[2], p[3], n[0], n[1], f[0]);
}
extern "C" void hold_run(int blocks, float** p, int* n, float* f) {
    blockDim.x = 1;
    for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x)
        hold(p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10], p[11], n[0], n[1], n[2], n[3], n[4], f[0]);
}
"""


def tool_motion_on_cpu(folder: Path, joints: int) -> Callable[..., None]:
    """`tool_motion.cu`, to be launched as on a GPU. folder: where it is built."""
    run = _built(folder, SHIM % TOOL_SOURCE + TOOL_MOTION, f"-DJOINTS={joints}").run

    def launch(blocks: int, threads: int, arguments: list[Tensor | int]) -> None:
        run(blocks, threads, *_parted(arguments)[:2])

    return launch


def rollout_on_cpu(folder: Path) -> dict[str, Callable[..., None]]:
    """Those of `rollout.cu`, by name. folder: where they are built."""
    library = _built(folder, SHIM % ROLLOUT_SOURCE + ROLLOUT)

    def launcher(name: str) -> Callable[..., None]:
        run = getattr(library, f"{name}_run")
        return lambda blocks, threads, arguments: run(blocks, *_parted(arguments))

    return {name: launcher(name) for name in ("norm_silu", "hold")}


def _built(folder: Path, source: str, *options: str) -> ctypes.CDLL:
    (folder / "kernel.cpp").write_text(source)
    more = ["-O2", "-shared", "-fPIC", "-Wno-unknown-pragmas", *options]
    subprocess.run(["g++", *more, "-o", folder / "kernel.so", folder / "kernel.cpp"], check=True)
    return ctypes.CDLL(str(folder / "kernel.so"))


def _parted(arguments: list[Tensor | int | float]) -> tuple[ctypes.Array, ctypes.Array, ctypes.Array]:
    """-> pointers, whole numbers and others, each in their order"""
    pointers = [argument.data_ptr() for argument in arguments if isinstance(argument, Tensor)]
    numbers = [argument for argument in arguments if isinstance(argument, int)]
    others = [argument for argument in arguments if isinstance(argument, float)]
    return (
        (ctypes.c_void_p * len(pointers))(*pointers),
        (ctypes.c_int * len(numbers))(*numbers),
        (ctypes.c_float * len(others))(*others),
    )
