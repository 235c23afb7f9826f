"""Linear layers whose weights are laid out once for the machine's own matrix instructions."""

from __future__ import annotations

from typing import Callable

import torch
from torch import Tensor

Linear = Callable[[Tensor], Tensor]
FEW = 2**16  # weights of a layer; with no more of them the way into oneDNN takes longer than the product


def pack_linear(weight: Tensor, bias: Tensor, dtype: torch.dtype = torch.float32) -> Linear:
    """weight: (out, in), bias: (out,) -> a function (B, in) -> (B, out), both of `dtype`.

    On a CPU by oneDNN, which is what `torch.compile` makes of a frozen linear layer; `torch.nn.Linear` goes to MKL
    instead, and that leaves out AVX-512 where the processor is not Intel's. Everywhere else, and for small layers of
    float32, a plain product.
    """
    weight, bias = weight.to(dtype).contiguous(), bias.to(dtype).contiguous()
    small = weight.numel() <= FEW and dtype == torch.float32
    if small or weight.device.type != "cpu" or not _has_onednn():
        transposed = weight.T.contiguous()
        return lambda rows: torch.addmm(bias, rows, transposed)
    # The second argument is a hint of how many rows there will be; any number of them is computed.
    packed = torch.ops.mkldnn._reorder_linear_weight(weight, 128)
    apply = torch.ops.mkldnn._linear_pointwise
    return lambda rows: apply(rows, packed, bias, "none", [], "")


def _has_onednn() -> bool:
    # The two operators have no public name: a torch that renames them gets plain layers, not an error.
    return torch.backends.mkldnn.is_available() and all(
        hasattr(torch.ops.mkldnn, name) for name in ("_reorder_linear_weight", "_linear_pointwise")
    )
