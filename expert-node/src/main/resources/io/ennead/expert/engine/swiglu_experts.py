"""SwiGLU experts of one node: w2(silu(w1 x) * w3 x), each row through its own expert.

Formula: transformers, modular_mixtral.py (MixtralExperts). Built into swiglu_experts.pt by build_kernels.py.
Weights are allocated empty and filled in pieces, so that loading needs no second copy of a tensor.
Every product runs on exactly `tile` rows: a row's bits depend on that number, not on the row's place or neighbours.
"""

from typing import List

import torch
import torch.nn.functional as F


class SwigluExperts(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gate_up = torch.jit.Attribute([], List[torch.Tensor])  # slot -> [2 * width, hidden], gate above up
        self.down = torch.jit.Attribute([], List[torch.Tensor])  # slot -> [hidden, width]

    @torch.jit.export
    def allocate(self, width: int, hidden: int, bf16: bool, device: str) -> int:
        """Makes room for one expert; returns its slot."""
        dtype = torch.bfloat16 if bf16 else torch.float32
        place = torch.device(device)
        self.gate_up.append(torch.empty([2 * width, hidden], dtype=dtype, device=place))
        self.down.append(torch.empty([hidden, width], dtype=dtype, device=place))
        return len(self.down) - 1

    @torch.jit.export
    def fill(self, slot: int, part: int, first_row: int, values: torch.Tensor) -> int:
        """Copies rows [n, columns] (f32) of part 0 gate, 1 up, 2 down; returns the rows copied."""
        rows = values.size(0)
        if part == 2:
            self.down[slot].narrow(0, first_row, rows).copy_(values)
        else:
            width = self.down[slot].size(1)
            self.gate_up[slot].narrow(0, part * width + first_row, rows).copy_(values)
        return rows

    @torch.jit.export
    def release(self, slot: int) -> int:
        """Frees the weights of a slot, which is not used again."""
        self.gate_up[slot] = torch.empty([0])
        self.down[slot] = torch.empty([0])
        return slot

    def forward(
        self,
        rows: torch.Tensor,  # [n, hidden] f32
        gather: torch.Tensor,  # [tiles * tile] row of each place, padding included
        keep: torch.Tensor,  # [m] places that are no padding, in the order of the answer
        slots: List[int],  # [tiles]
        tile: int,
    ) -> torch.Tensor:  # [m, hidden] f32
        weights = self.down[slots[0]]
        x = rows.to(weights.device).index_select(0, gather.to(weights.device)).to(weights.dtype)
        out: List[torch.Tensor] = []
        for i in range(len(slots)):
            down = self.down[slots[i]]
            h = F.linear(x.narrow(0, i * tile, tile), self.gate_up[slots[i]]).float()
            width = down.size(1)
            a = F.silu(h.narrow(1, 0, width)) * h.narrow(1, width, width)
            out.append(F.linear(a.to(down.dtype), down))
        return torch.cat(out).index_select(0, keep.to(weights.device)).float().cpu()
