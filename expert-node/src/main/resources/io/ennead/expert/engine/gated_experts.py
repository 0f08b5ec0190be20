"""Experts of one node, gated feed-forward networks: down(activation(gate x, up x)), each row through its own expert.

Formulas: architecture/Activation.java names their sources. Built into gated_experts.pt by build_kernels.py.
Weights are allocated empty and filled in pieces, so that loading needs no second copy of a tensor.
Every product runs on one run of rows: a row's bits depend on how long the run is, not on the row's place or neighbours.
"""

from typing import List

import torch
import torch.nn.functional as F

from gated import activate, matrix


class GatedExperts(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.kind = torch.jit.Attribute(0, int)
        self.limit = torch.jit.Attribute(0.0, float)
        # per slot
        self.gate_up = torch.jit.Attribute([], List[torch.Tensor])  # [2 * width, hidden], gate above up
        self.down = torch.jit.Attribute([], List[torch.Tensor])  # [hidden, width]
        self.gate_up_bias = torch.jit.Attribute([], List[torch.Tensor])  # [2 * width] f32, or empty
        self.down_bias = torch.jit.Attribute([], List[torch.Tensor])  # [hidden] f32, or empty
        self.gate_up_scale = torch.jit.Attribute([], List[torch.Tensor])  # [2 * width] f32 of int8 weights, else empty
        self.down_scale = torch.jit.Attribute([], List[torch.Tensor])  # [hidden] f32 of int8 weights, else empty

    @torch.jit.export
    def configure(self, kind: int, limit: float) -> int:
        """The activation of all experts: kinds as in architecture/Activation.java."""
        self.kind = kind
        self.limit = limit
        return kind

    @torch.jit.export
    def any_length(self) -> int:
        """1 when a trial can tell whether a row's bits depend on the length of a run, else 0; once an expert is allocated. Rounding to bf16
        hides differences of so few numbers, and activations of such widths leave nothing over whatever the processor's vectors are."""
        down = self.down[0]
        return 1 if down.dtype == torch.float32 and down.is_cpu and down.size(1) % 32 == 0 else 0

    @torch.jit.export
    def allocate(self, width: int, hidden: int, type: str, biased: bool, device: str) -> int:
        """Makes room for one expert; returns its slot."""
        dtype = torch.float32
        if type == "bf16":
            dtype = torch.bfloat16
        if type == "int8":
            dtype = torch.int8
        place = torch.device(device)
        biases = 1 if biased else 0
        scales = 1 if type == "int8" else 0
        self.gate_up.append(matrix(2 * width, hidden, dtype, place))
        self.down.append(matrix(hidden, width, dtype, place))
        self.gate_up_bias.append(torch.empty([2 * width * biases], device=place).fill_(0))
        self.down_bias.append(torch.empty([hidden * biases], device=place).fill_(0))
        self.gate_up_scale.append(torch.empty([2 * width * scales], device=place).fill_(1))
        self.down_scale.append(torch.empty([hidden * scales], device=place).fill_(1))
        return len(self.down) - 1

    @torch.jit.export
    def fill(self, slot: int, part: int, first_row: int, values: torch.Tensor) -> int:
        """Copies rows [n, columns] (f32) of part 0 gate, 1 up, 2 down; returns the rows copied. int8: each row is divided by its
        largest magnitude over 127, and rounded, half to even."""
        rows = values.size(0)
        target = self.down[slot]
        scale = self.down_scale[slot]
        first = first_row
        if part < 2:
            first = part * target.size(1) + first_row
            target = self.gate_up[slot]
            scale = self.gate_up_scale[slot]
        if scale.numel() > 0:
            values = values.to(target.device)
            most = values.abs().amax(1) / 127.0
            most = torch.where(most > 0, most, torch.ones_like(most))
            scale.narrow(0, first, rows).copy_(most)
            values = (values / most.unsqueeze(1)).round()
        target.narrow(0, first, rows).copy_(values)
        return rows

    @torch.jit.export
    def fill_bias(self, slot: int, part: int, first_row: int, values: torch.Tensor) -> int:
        """Copies numbers [n, 1] of the bias of a part."""
        rows = values.size(0)
        if part == 2:
            self.down_bias[slot].narrow(0, first_row, rows).copy_(values.reshape(-1))
        else:
            first = part * self.down[slot].size(1) + first_row
            self.gate_up_bias[slot].narrow(0, first, rows).copy_(values.reshape(-1))
        return rows

    @torch.jit.export
    def release(self, slot: int) -> int:
        """Frees the weights of a slot, which is not used again."""
        self.gate_up[slot] = torch.empty([0])
        self.down[slot] = torch.empty([0])
        return slot

    def linear(self, x: torch.Tensor, weight: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor, ones: torch.Tensor) -> torch.Tensor:
        """x [run, in] (f32, or the weight's type) through one matrix, as f32."""
        if scale.numel() == 0:
            y = F.linear(x.to(weight.dtype), weight).float()
        elif weight.is_cuda or weight.size(1) % 32 != 0:  # the op below reads past the end of rows that its vectors do not divide
            y = F.linear(x.to(torch.bfloat16), weight.to(torch.bfloat16)).float() * scale
        else:  # the op's own scales are bfloat16: ours stay exact and come after
            y = torch.ops.aten._weight_int8pack_mm(x.to(torch.bfloat16), weight, ones.narrow(0, 0, weight.size(0))).float() * scale
        if bias.numel() > 0:
            y = y + bias
        return y

    def expert(self, s: int, x: torch.Tensor, ones: torch.Tensor) -> torch.Tensor:
        """The expert of a slot on a run of rows."""
        h = self.linear(x, self.gate_up[s], self.gate_up_scale[s], self.gate_up_bias[s], ones)
        return self.linear(activate(h, self.kind, self.limit), self.down[s], self.down_scale[s], self.down_bias[s], ones)

    def forward(
        self,
        x: torch.Tensor,  # [places, hidden] f32: the runs' rows, one run after the other
        slots: List[int],  # [runs] the expert of each run of places
        lengths: List[int],  # [runs] places of each run; all the same where bits must not depend on the batch
    ) -> torch.Tensor:  # [places, hidden] f32
        first = self.down[slots[0]]
        x = x.to(first.device)
        ones = torch.empty(0)
        if first.dtype == torch.int8:
            ones = torch.ones([max(first.size(0), 2 * first.size(1))], dtype=torch.bfloat16, device=first.device)
        elif first.dtype != torch.float32:
            x = x.to(first.dtype)
        if len(slots) == 1:
            return self.expert(slots[0], x, ones).cpu()
        out: List[torch.Tensor] = []
        at = 0
        for i in range(len(slots)):
            out.append(self.expert(slots[i], x.narrow(0, at, lengths[i]), ones))
            at += lengths[i]
        return torch.cat(out).cpu()
