"""What kernels of both nodes share: where weights lie, and the activations of gated feed-forward networks.

Only modules for processors that have packed products may use those: libtorch does not know them everywhere.
"""

from typing import List, Optional, Union

import torch
import torch.nn.functional as F


def matrix(rows: int, columns: int, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """Room for a weight [rows, columns]. In f32 it lies column by column: products of up to 32 rows run in half to nine tenths of the time
    (4096 x 192, 8 rows: 0.13 ms, not 0.30). Columns that lie a multiple of 4 KiB apart fall into the same places of the caches, so these
    are a little further apart (4096 x 14336: 64 rows in 0.43 of the time, 8 rows in 0.87). In bf16 rows are the faster way round.
    Narrow ones (gates) lie row by row: the other way round, MKL's kernels for 5 to 7 and 9 to 11 outputs give a row other bits at another
    place of the tile (on AMD EPYC)."""
    if dtype == torch.float32 and rows >= 64:
        apart = rows + 16 if rows % 1024 == 0 else rows
        return torch.empty([columns, apart], dtype=dtype, device=device).narrow(1, 0, rows).t()
    return torch.empty([rows, columns], dtype=dtype, device=device)


def pack(weight: torch.Tensor) -> torch.Tensor:
    """A weight [out, in] in the layout that the processor's own products (oneDNN) read in one pass. The layout that suits 128 rows is as
    fast with few."""
    return torch.ops.mkldnn._reorder_linear_weight(weight, 128)


def packed_product(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """x [rows, in] times a packed weight [out, in] transposed."""
    none = torch.jit.annotate(List[Optional[Union[int, float, complex]]], [])
    return torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", none, "")


def activate(h: torch.Tensor, kind: int, limit: float) -> torch.Tensor:
    """Joins gate and up, h [n, 2 * width] f32 with the gate first; kinds as in architecture/Activation.java. In parts that threads do not
    share: elementwise kernels compute what their vectors leave over in another way, and where must not depend on the number of rows."""
    part = max(1, 32767 // max(1, h.size(1) // 2))
    if h.size(0) <= part:
        return activate_part(h, kind, limit)
    out: List[torch.Tensor] = []
    for first in range(0, h.size(0), part):
        out.append(activate_part(h.narrow(0, first, min(part, h.size(0) - first)), kind, limit))
    return torch.cat(out)


def activate_part(h: torch.Tensor, kind: int, limit: float) -> torch.Tensor:
    width = h.size(1) // 2
    g = h.narrow(1, 0, width)
    u = h.narrow(1, width, width)
    if kind == 0:  # silu
        return F.silu(g) * u
    if kind == 1:  # gelu, tanh form
        return F.gelu(g, approximate="tanh") * u
    assert kind == 2  # clamped swiglu: transformers, modular_gpt_oss.py
    g = g.clamp(max=limit)
    u = u.clamp(-limit, limit)
    return (u + 1.0) * (g * torch.sigmoid(g * 1.702))
