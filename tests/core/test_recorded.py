"""A function that was recorded once returns what it returns."""

import pytest
import torch

from wm_core.cuda import Recorded


def double(value):
    return 2.0 * value


def test_what_was_recorded_is_done_again_for_other_inputs(fakes):
    recorded = Recorded(double, fakes.FakeRecorder())
    first, second = recorded(torch.tensor([1.0, 2.0])), recorded(torch.tensor([3.0, 4.0]))
    assert (first.tolist(), second.tolist()) == ([2.0, 4.0], [6.0, 8.0])  # the first is not written over
    assert recorded(torch.tensor([5.0])).tolist() == [10.0]  # of another shape


def test_what_cannot_be_recorded_is_called_and_said_once(caplog):
    class Refusing:
        def record(self, work):
            raise RuntimeError("a copy from the host")

    recorded = Recorded(double, Refusing())
    assert [recorded(torch.tensor([value])).item() for value in (1.0, 2.0)] == [2.0, 4.0]
    assert caplog.text.count("a copy from the host") == 1


def test_products_are_as_exact_as_before_afterwards():
    from wm_core.cuda import tensor_float32

    before = torch.backends.cuda.matmul.fp32_precision
    with pytest.raises(KeyError), tensor_float32():
        assert torch.backends.cuda.matmul.fp32_precision == "tf32"
        raise KeyError
    assert torch.backends.cuda.matmul.fp32_precision == before
