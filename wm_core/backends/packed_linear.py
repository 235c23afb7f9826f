"""Linear layers whose weights are laid out once for the machine's own matrix instructions."""

from __future__ import annotations

from typing import Callable

import torch
from torch import Tensor
from torch.nn.functional import linear

Linear = Callable[[Tensor], Tensor]


def pack_linear(weight: Tensor, bias: Tensor, dtype: torch.dtype = torch.float32) -> Linear:
    """weight: (out, in), bias: (out,) -> a function (B, in) -> (B, out), both of `dtype`.

    On a CPU by oneDNN, which is what `torch.compile` makes of a frozen linear layer; `torch.nn.Linear` goes to MKL
    instead, and that leaves out AVX-512 where the processor is not Intel's. Everywhere else a plain linear layer.
    """
    weight, bias = weight.to(dtype).contiguous(), bias.to(dtype).contiguous()
    if weight.device.type != "cpu" or not _has_onednn():
        return lambda rows: linear(rows, weight, bias)
    # The second argument is a hint of how many rows there will be; any number of them is computed.
    packed = torch.ops.mkldnn._reorder_linear_weight(weight, 128)
    apply = torch.ops.mkldnn._linear_pointwise
    return lambda rows: apply(rows, packed, bias, "none", [], "")


def _has_onednn() -> bool:
    # The two operators have no public name: a torch that renames them gets plain layers, not an error.
    return torch.backends.mkldnn.is_available() and all(
        hasattr(torch.ops.mkldnn, name) for name in ("_reorder_linear_weight", "_linear_pointwise")
    )
