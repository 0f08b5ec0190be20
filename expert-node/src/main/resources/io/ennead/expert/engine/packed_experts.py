"""Experts of one node as in gated_experts.py, with matrices packed for the processor's own products (oneDNN).

Built into packed_experts.pt by build_kernels.py. For bf16, and all but the smallest experts in f32, on an x86-64 processor.
Packed weights are read in one pass at whatever number of rows. Large experts have gate and up apart, so that the library can apply
activation and gate to sums that are still in registers; small ones have them in one matrix, since there each operator costs 20 us.
A matrix is packed as soon as its last row has come: one plain matrix is all that loading holds beside what stays.
"""

from typing import List, Optional, Union

import torch

from gated import activate, pack

# Numbers in a large expert's matrices, as in engine/EngineOptions.java.
LARGE = 4 << 20


class PackedExperts(torch.nn.Module):
    large: torch.jit.Final[int]

    def __init__(self):
        super().__init__()
        self.large = LARGE
        self.kind = torch.jit.Attribute(0, int)
        self.limit = torch.jit.Attribute(0.0, float)
        self.half = torch.jit.Attribute(False, bool)
        self.width = torch.jit.Attribute(0, int)
        self.hidden = torch.jit.Attribute(0, int)
        self.joined = torch.jit.Attribute(False, bool)  # gate and up are one matrix
        self.filling = torch.jit.Attribute(torch.empty(0), torch.Tensor)  # the matrix whose rows are coming
        # three per slot: gate [width, hidden] or nothing, up [width, hidden] or gate above up, down [hidden, width]
        self.matrices = torch.jit.Attribute([], List[torch.Tensor])  # packed
        self.biases = torch.jit.Attribute([], List[torch.Tensor])  # f32, or empty; those of gate and up are joined

    @torch.jit.export
    def supports(self, type: str) -> int:
        """1 when this processor has products of a type, else 0."""
        return 1 if type == "f32" or torch.ops.mkldnn._is_mkldnn_bf16_supported() else 0

    @torch.jit.export
    def any_length(self) -> int:
        """1 when a trial can tell whether a row's bits depend on the length of a run, else 0; once an expert is allocated. libtorch's own
        exponentials compute what its vectors leave over in another way: without them, or in f32 with widths that leave nothing over.
        Rounding to bf16 hides differences of so few numbers as a small expert has."""
        return 1 if not self.joined or (not self.half and self.width % 32 == 0) else 0

    @torch.jit.export
    def configure(self, kind: int, limit: float) -> int:
        """The activation of all experts: kinds as in architecture/Activation.java."""
        self.kind = kind
        self.limit = limit
        return kind

    @torch.jit.export
    def allocate(self, width: int, hidden: int, type: str, biased: bool, device: str) -> int:
        """Makes room for one expert, of the shape and type of all; returns its slot."""
        assert device == "cpu"
        self.half = type == "bf16"
        self.width = width
        self.hidden = hidden
        self.joined = biased or self.kind == 2 or 3 * width * hidden <= self.large
        for rows in [0, 2 * width, hidden]:
            self.matrices.append(torch.empty([0]))
            self.biases.append(torch.empty([rows if biased else 0]).fill_(0))
        return len(self.matrices) // 3 - 1

    @torch.jit.export
    def fill(self, slot: int, part: int, first_row: int, values: torch.Tensor) -> int:
        """Takes rows [n, columns] (f32) of part 0 gate, 1 up, 2 down, in this order and from the first to the last; returns the
        rows taken."""
        first = first_row
        if self.joined and part == 1:
            first += self.width
        if first == 0:
            dtype = torch.bfloat16 if self.half else torch.float32
            size = self.hidden
            if part < 2:
                size = 2 * self.width if self.joined else self.width
            self.filling = torch.empty([size, values.size(1)], dtype=dtype)
        rows = values.size(0)
        self.filling.narrow(0, first, rows).copy_(values)
        if first + rows == self.filling.size(0):
            self.matrices[3 * slot + part] = pack(self.filling)
            self.filling = torch.empty([0])
        return rows

    @torch.jit.export
    def fill_bias(self, slot: int, part: int, first_row: int, values: torch.Tensor) -> int:
        """Copies numbers [n, 1] of the bias of a part."""
        rows = values.size(0)
        first = self.width + first_row if part == 1 else first_row
        self.biases[3 * slot + max(part, 1)].narrow(0, first, rows).copy_(values.reshape(-1))
        return rows

    @torch.jit.export
    def release(self, slot: int) -> int:
        """Frees the weights of a slot, which is not used again."""
        for part in range(3):
            self.matrices[3 * slot + part] = torch.empty([0])
        return slot

    def linear(self, x: torch.Tensor, at: int, attribute: str, algorithm: str) -> torch.Tensor:
        """x [run, in] through one matrix, and then an activation or "none"."""
        none = torch.jit.annotate(List[Optional[Union[int, float, complex]]], [])
        return torch.ops.mkldnn._linear_pointwise(x, self.matrices[at], None, attribute, none, algorithm)

    def biased(self, x: torch.Tensor, at: int) -> torch.Tensor:
        """x [run, in] through one matrix and its bias, as f32."""
        y = self.linear(x, at, "none", "").float()
        if self.biases[at].numel() > 0:
            y = y + self.biases[at]
        return y

    def expert(self, slot: int, x: torch.Tensor) -> torch.Tensor:
        """The expert of a slot on a run of rows, as f32."""
        at = 3 * slot
        if self.joined:
            h = activate(self.biased(x, at + 1), self.kind, self.limit).to(x.dtype)
        else:
            g = self.linear(x, at, "swish", "") if self.kind == 0 else self.linear(x, at, "gelu", "tanh")
            h = torch.ops.mkldnn._linear_pointwise(x, g, self.matrices[at + 1], None, "mul")
        return self.biased(h, at + 2)

    def forward(
        self,
        x: torch.Tensor,  # [places, hidden] f32: the runs' rows, one run after the other
        slots: List[int],  # [runs] the expert of each run of places
        lengths: List[int],  # [runs] places of each run
    ) -> torch.Tensor:  # [places, hidden] f32
        if self.half:
            x = x.to(torch.bfloat16)
        if len(slots) == 1:
            return self.expert(slots[0], x)
        out: List[torch.Tensor] = []
        at = 0
        for i in range(len(slots)):
            out.append(self.expert(slots[i], x.narrow(0, at, lengths[i])))
            at += lengths[i]
        return torch.cat(out)
