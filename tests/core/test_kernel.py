"""A kernel that cannot be had is done without, and that is said."""

from pathlib import Path

import pytest
import torch

from wm_core.cuda import KernelError, in_rows, kernel_on


@pytest.mark.parametrize("device, said", [("cpu", False), ("cuda", True)])
def test_without_a_kernel_things_go_on(monkeypatch, caplog, device, said):
    def refuse(*_):
        raise KernelError("no compiler")

    monkeypatch.setattr("wm_core.cuda.kernel.compile_kernels", refuse)
    assert kernel_on(torch.device(device), Path("some.cu"), "some", (), "plans take longer") is None
    assert ("plans take longer: no compiler" in caplog.text) is said


def test_parts_of_larger_tensors_are_put_into_rows():
    frames = torch.arange(32.0).reshape(2, 4, 4)
    place, nothing = in_rows(frames[:, :3, 3], None)
    assert place.is_contiguous() and torch.equal(place, frames[:, :3, 3]) and nothing is None
