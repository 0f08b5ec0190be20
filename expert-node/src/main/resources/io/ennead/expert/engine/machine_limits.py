"""What the machine can do at most, for benchmarks of the experts: reads of memory and matrix products.

Built into machine_limits.pt by build_kernels.py.
"""

from typing import List

import torch
import torch.nn.functional as F


class MachineLimits(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.block = torch.jit.Attribute(torch.empty(0), torch.Tensor)  # what is read
        self.factors = torch.jit.Attribute([], List[torch.Tensor])  # two squares

    @torch.jit.export
    def allocate(self, numbers: int, side: int, type: str, device: str) -> int:
        """Makes a block of f32 numbers, and two squares of a type."""
        place = torch.device(device)
        dtype = torch.float32
        if type != "f32":  # int8 weights are multiplied with bf16 rows
            dtype = torch.bfloat16
        self.block = torch.empty([numbers], device=place).fill_(1)
        self.factors = [torch.rand([side, side], device=place).to(dtype), torch.rand([side, side], device=place).to(dtype)]
        return numbers

    @torch.jit.export
    def read(self) -> int:
        """Reads the block once: of libtorch's reductions, the sum is the fastest."""
        return int(self.block.sum().item())

    @torch.jit.export
    def multiply(self) -> int:
        """One product of the squares; gives a number of it, so that a GPU has to be done."""
        return int(F.linear(self.factors[0], self.factors[1])[0, 0].item())

    def forward(self) -> int:
        return self.read()
