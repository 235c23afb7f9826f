"""CUDA C at run time: NVRTC compiles it, the driver loads and launches it, both through ctypes."""

from __future__ import annotations

import ctypes
import logging
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

Argument = Tensor | int | float | None
_log = logging.getLogger(__name__)
BLOCK = Path(__file__).with_name("block.h")
_MAX_DYNAMIC_SHARED = ctypes.c_int(8)  # CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES


class Launch(Protocol):
    """Launches a kernel: blocks, threads of each, what it is given, and bytes of memory that the threads of a block share."""

    def __call__(self, blocks: int, threads: int, arguments: Sequence[Argument], shared: int = 0) -> None: ...


class KernelError(RuntimeError):
    """A kernel cannot be compiled or launched; the message says why."""


class Kernel:
    """One function of a module on one device."""

    def __init__(self, driver: ctypes.CDLL, function: ctypes.c_void_p, name: str) -> None:
        self._driver, self._function, self.name = driver, function, name

    def __call__(self, blocks: int, threads: int, arguments: Sequence[Argument], shared: int = 0) -> None:
        """On torch's present stream, so that it is recorded where that is. Tensors are passed by their address, None as null,
        floats as float. shared: bytes. Raises `KernelError`.
        """
        values = [_as_c(argument) for argument in arguments]
        pointers = (ctypes.c_void_p * len(values))(*(ctypes.addressof(value) for value in values))
        stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
        one, none = ctypes.c_uint(1), ctypes.c_void_p()
        size = ctypes.c_uint(blocks), one, one, ctypes.c_uint(threads), one, one, ctypes.c_uint(shared)
        _check(self._driver, self._driver.cuLaunchKernel(self._function, *size, stream, pointers, none), self.name)

    def allow_shared(self, size: int) -> None:
        """Shared memory, in bytes, that a launch may ask for, where that is more than 48 KiB. Raises `KernelError`."""
        _check(self._driver, self._driver.cuFuncSetAttribute(self._function, _MAX_DYNAMIC_SHARED, ctypes.c_int(size)), self.name)


def compile_kernels(source: Path, device: torch.device, options: Sequence[str] = ()) -> dict[str, Kernel]:
    """Every `extern "C" __global__` function of the file, by name; `BLOCK` stands before it. options: of NVRTC. Raises `KernelError`."""
    index = torch.cuda.current_device() if device.index is None else device.index
    return _compiled(BLOCK.read_text() + source.read_text(), source.name, index, tuple(options))


def kernel_on(device: torch.device, source: Path, name: str, options: Sequence[str], without: str) -> Kernel | None:
    """One of them; None off a GPU, and where it cannot be had, with a line in the log that says what goes on how."""
    if device.type != "cuda":
        return None
    try:
        return compile_kernels(source, device, options)[name]
    except KernelError as error:
        _log.warning("%s: %s", without, error)
        return None


def in_rows(*parts: Tensor | None) -> tuple[Tensor | None, ...]:
    """As kernels read them that are told of no strides: parts of larger tensors lie apart from each other."""
    return tuple(None if part is None else part.contiguous() for part in parts)


@cache
def _compiled(text: str, name: str, index: int, options: tuple[str, ...]) -> dict[str, Kernel]:
    with torch.cuda.device(index):
        torch.zeros(1, device="cuda")  # the driver needs a context, and torch makes it with the first tensor
        binary = _binary(_compiler(), text, name, options)
        driver, module = _load("cuLaunchKernel", "libcuda.so.1"), ctypes.c_void_p()
        _check(driver, driver.cuModuleLoadData(ctypes.byref(module), binary), name)
        return {function: _function(driver, module, function) for function in _names(text)}


def _binary(library: ctypes.CDLL, text: str, name: str, options: tuple[str, ...]) -> bytes:
    major, minor = torch.cuda.get_device_capability()
    given = [f"--gpu-architecture=sm_{major}{minor}", "--std=c++17", *options]
    program, size, none = ctypes.c_void_p(), ctypes.c_size_t(), ctypes.c_void_p()
    made = library.nvrtcCreateProgram(ctypes.byref(program), text.encode(), name.encode(), 0, none, none)
    _check_compiler(made, name, "no program")
    array = (ctypes.c_char_p * len(given))(*(option.encode() for option in given))
    result = library.nvrtcCompileProgram(program, len(given), array)
    _check_compiler(result, name, _complaints(library, program) if result else "")
    _check_compiler(library.nvrtcGetCUBINSize(program, ctypes.byref(size)), name, "no machine code")
    binary = ctypes.create_string_buffer(size.value)
    _check_compiler(library.nvrtcGetCUBIN(program, binary), name, "no machine code")
    library.nvrtcDestroyProgram(ctypes.byref(program))
    return binary.raw


def _compiler() -> ctypes.CDLL:
    # Torch's own library leads to the NVRTC that torch came with, wherever that is installed.
    own, major = Path(torch.__file__).parent / "lib" / "libcaffe2_nvrtc.so", (torch.version.cuda or "").split(".")[0]
    return _load("nvrtcCompileProgram", str(own), f"libnvrtc.so.{major}", "libnvrtc.so")


def _load(needed: str, *names: str) -> ctypes.CDLL:
    """The first of these libraries that has a function `needed`."""
    reasons = []
    for name in names:
        try:
            library = ctypes.CDLL(name)
            getattr(library, needed)
            return library
        except (OSError, AttributeError) as error:
            reasons.append(str(error))
    raise KernelError(f"cannot compile for the GPU: {'; '.join(reasons)}")


def _function(driver: ctypes.CDLL, module: ctypes.c_void_p, name: str) -> Kernel:
    function = ctypes.c_void_p()
    _check(driver, driver.cuModuleGetFunction(ctypes.byref(function), module, name.encode()), name)
    return Kernel(driver, function, name)


def _names(text: str) -> list[str]:
    return re.findall(r'extern "C" __global__ void (?:\w+ )?(\w+)\(', text)


def _as_c(argument: Argument) -> ctypes.c_void_p | ctypes.c_int | ctypes.c_float:
    if argument is None or isinstance(argument, Tensor):
        return ctypes.c_void_p(None if argument is None else argument.data_ptr())
    return ctypes.c_int(argument) if isinstance(argument, int) else ctypes.c_float(argument)


def _check(driver: ctypes.CDLL, result: int, name: str) -> None:
    if result:
        text = ctypes.c_char_p()
        driver.cuGetErrorString(result, ctypes.byref(text))
        raise KernelError(f"kernel '{name}': {(text.value or b'unknown error').decode()} ({result})")


def _check_compiler(result: int, name: str, log: str) -> None:
    if result:
        raise KernelError(f"NVRTC does not compile '{name}' (error {result}): {log}")


def _complaints(library: ctypes.CDLL, program: ctypes.c_void_p) -> str:
    size = ctypes.c_size_t()
    library.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    library.nvrtcGetProgramLog(program, log)
    return log.value.decode()
