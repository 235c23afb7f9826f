"""A function that was recorded once returns what it returns."""

import torch

from wm_core.cuda import Recorded

CPU = torch.device("cpu")


def double(value):
    return 2.0 * value


def test_what_was_recorded_is_done_again_for_other_inputs(fakes):
    recorded = Recorded(double, fakes.FakeRecorder(), CPU)
    first, second = recorded(torch.tensor([1.0, 2.0])), recorded(torch.tensor([3.0, 4.0]))
    assert (first.tolist(), second.tolist()) == ([2.0, 4.0], [6.0, 8.0])  # the first is not written over
    assert recorded(torch.tensor([5.0])).tolist() == [10.0]  # of another shape


def test_who_is_in_inference_mode_and_who_is_not_may_ask_in_turn(fakes):
    recorded = Recorded(double, fakes.FakeRecorder(), CPU)
    with torch.inference_mode():  # as a planner does
        assert recorded(torch.tensor([1.0])).tolist() == [2.0]
    found = recorded(torch.tensor([2.0]))  # as a monitor, or a node that looks how far the goal is
    assert found.tolist() == [4.0] and not found.is_inference()
    with torch.inference_mode():
        assert recorded(torch.tensor([3.0])).tolist() == [6.0]


def test_a_function_of_several(fakes):
    recorded = Recorded(torch.mul, fakes.FakeRecorder(), CPU)
    one, two = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
    assert recorded(one, two).tolist() == [3.0, 8.0] and recorded(two, two).tolist() == [9.0, 16.0]


def test_what_cannot_be_recorded_is_called_and_said_once(caplog):
    class Refusing:
        def record(self, work):
            raise RuntimeError("a copy from the host")

    recorded = Recorded(double, Refusing(), CPU)
    assert [recorded(torch.tensor([value])).item() for value in (1.0, 2.0)] == [2.0, 4.0]
    assert caplog.text.count("a copy from the host") == 1
