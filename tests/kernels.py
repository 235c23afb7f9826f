"""Kernels for a GPU, compiled for the CPU by g++, block after block. Loaded by the conftest files, as the fakes are."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from torch import Tensor

from wm_core.backends.kernel_rollout import SOURCE as ROLLOUT_SOURCE
from wm_core.cuda.kernel import BLOCK as OF_ALL
from wm_core.planning.cost_kernel import SOURCE as COST_SOURCE
from wm_core.planning.refit_kernel import SOURCE as REFIT_SOURCE
from wm_core.planning.refit_kernel import room_for
from wm_core.planning.tool_kernel import SOURCE as TOOL_SOURCE

BLOCK = Path(__file__).with_name("gpu_block.h")  # what a GPU has of its own
# p: pointers of a launch, n: its whole numbers, f: others, in their order.
RUN = """
#include "%s"
#include "%s"
#include "%s"
static void** p;
static int* n;
static float* f;
static void kernel() { %s; }
extern "C" int run(int blocks, int threads, int shared, void** pointers, int* numbers, float* others) {
    p = pointers;
    n = numbers;
    f = others;
    return run_blocks(blocks, threads, shared, kernel);
}
"""
TOOL_MOTION = """tool_motion((Arm*)p[0], (float*)p[1], (float*)p[2], (float*)p[3], (float*)p[4], (float*)p[5], (float*)p[6],
    (float*)p[7], (float*)p[8], (unsigned char*)p[9], n[0], n[1], n[2], n[3], n[4])"""
COST = """cost((Terms*)p[0], (float*)p[1], (float*)p[2], (float*)p[3], (float*)p[4], (float*)p[5], (float*)p[6], (float*)p[7],
    (float*)p[8], (float*)p[9], (float*)p[10], (float*)p[11], (float*)p[12], n[0], n[1], n[2], n[3], n[4], n[5])"""
REFIT = """refit((float*)p[0], (float*)p[1], (float*)p[2], (float*)p[3], (float*)p[4], (float*)p[5], (float*)p[6], (float*)p[7],
    (float*)p[8], (float*)p[9], (float*)p[10], (float*)p[11], (float*)p[12], n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], f[0])"""
ROLLOUT = "rollout((float*)p[0], (float*)p[1], (uint4*)p[2], (float*)p[3], (float*)p[4], n[0], n[1])"

Launch = Callable[..., None]


def tool_motion_on_cpu(folder: Path, joints: int) -> Launch:
    """`tool_motion.cu`, to be launched as on a GPU. folder: where it is built."""
    return _built(folder, TOOL_SOURCE, TOOL_MOTION, (f"-DJOINTS={joints}",))


def cost_on_cpu(folder: Path, joints: int) -> Launch:
    """`cost.cu`. folder: where it is built."""
    return _built(folder, COST_SOURCE, COST, (f"-DJOINTS={joints}",))


def refit_on_cpu(folder: Path, samples: int) -> Launch:
    """`refit.cu` for no more samples. folder: where it is built."""
    return _built(folder, REFIT_SOURCE, REFIT, (f"-DSAMPLES={room_for(samples)}",))


def rollout_on_cpu(folder: Path, options: Sequence[str]) -> Launch:
    """`rollout.cu` for one shape of model. folder: where it is built."""
    return _built(folder, ROLLOUT_SOURCE, ROLLOUT, options)


def _built(folder: Path, source: Path, call: str, options: Sequence[str]) -> Launch:
    (folder / "kernel.cpp").write_text(RUN % (BLOCK, OF_ALL, source, call))
    more = ["-O2", "-shared", "-fPIC", "-Wno-unknown-pragmas", *options]
    subprocess.run(["g++", *more, "-o", folder / "kernel.so", folder / "kernel.cpp"], check=True)
    run = ctypes.CDLL(str(folder / "kernel.so")).run

    def launch(blocks: int, threads: int, arguments: Sequence[Tensor | int | float | None], shared: int = 0) -> None:
        tensors = [argument for argument in arguments if argument is None or isinstance(argument, Tensor)]
        pointers = [None if tensor is None else tensor.data_ptr() for tensor in tensors]
        numbers = [argument for argument in arguments if isinstance(argument, int)]
        others = [argument for argument in arguments if isinstance(argument, float)]
        parts = (ctypes.c_void_p, pointers), (ctypes.c_int, numbers), (ctypes.c_float, others)
        kept = run(blocks, threads, shared, *((kind * len(values))(*values) for kind, values in parts))
        assert kept, f"{source.name} wrote beyond the {shared} bytes of memory that it asked for"

    return launch
