"""The dense part of a decoder with Mixture-of-Experts layers: embedding, attention with a paged KV cache, norms, gate logits, head.

Formulas: transformers, modular_mixtral.py (RMSNorm, rotate-half RoPE, grouped-query attention). Built into decoder.pt by
build_kernels.py. One call of `attend` does everything between two dispatches. State of the running step (residual stream, rotary
tables, spans) stays in the module: one thread at a time may run steps; `gate` alone may be called beside it.

Every product runs on exactly `tile` rows and attention runs span by span, a span being rows of one sequence: a row's bits depend on
its own sequence and the tile, not on its neighbours.
"""

from typing import List, Tuple

import torch
import torch.nn.functional as F


def tiled(x: torch.Tensor, weight: torch.Tensor, tile: int) -> torch.Tensor:
    """x [n * tile, in] times weight [out, in] transposed, tile by tile, as f32."""
    x = x.to(weight.dtype)
    if x.size(0) == tile:
        return F.linear(x, weight).float()
    out: List[torch.Tensor] = []
    for i in range(x.size(0) // tile):
        out.append(F.linear(x.narrow(0, i * tile, tile), weight))
    return torch.cat(out).float()


def rms_norm(x: torch.Tensor, weight: torch.Tensor, epsilon: float) -> torch.Tensor:
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon) * weight


def fresh(shape: List[int], dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """A tensor of its own. Written in place, since the compiler merges two equal allocations that nothing writes to."""
    return torch.empty(shape, dtype=dtype, device=device).zero_()


class Decoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = torch.jit.Attribute(0, int)
        self.kv_heads = torch.jit.Attribute(0, int)
        self.head_dim = torch.jit.Attribute(0, int)
        self.epsilon = torch.jit.Attribute(0.0, float)
        self.block = torch.jit.Attribute(0, int)
        self.embedding = torch.jit.Attribute(torch.empty(0), torch.Tensor)  # [vocabulary, hidden]
        self.final_norm = torch.jit.Attribute(torch.empty(0), torch.Tensor)  # [hidden]
        self.head = torch.jit.Attribute(torch.empty(0), torch.Tensor)  # [vocabulary, hidden]
        # per layer
        self.attention_norm = torch.jit.Attribute([], List[torch.Tensor])  # [hidden]
        self.qkv = torch.jit.Attribute([], List[torch.Tensor])  # [(heads + 2 * kv_heads) * head_dim, hidden]
        self.out = torch.jit.Attribute([], List[torch.Tensor])  # [hidden, heads * head_dim]
        self.ffn_norm = torch.jit.Attribute([], List[torch.Tensor])  # [hidden]
        self.router = torch.jit.Attribute([], List[torch.Tensor])  # [experts, hidden], f32
        self.k_cache = torch.jit.Attribute([], List[torch.Tensor])  # [blocks * block, kv_heads, head_dim]
        self.v_cache = torch.jit.Attribute([], List[torch.Tensor])
        # rotary tables by position, [context, head_dim]
        self.cos_table = torch.jit.Attribute(torch.empty(0), torch.Tensor)
        self.sin_table = torch.jit.Attribute(torch.empty(0), torch.Tensor)
        # the running step
        self.h = torch.jit.Attribute(torch.empty(0), torch.Tensor)  # [rows, hidden] residual stream
        self.cos = torch.jit.Attribute(torch.empty(0), torch.Tensor)  # [rows, 1, head_dim]
        self.sin = torch.jit.Attribute(torch.empty(0), torch.Tensor)
        self.slots = torch.jit.Attribute(torch.empty(0), torch.Tensor)  # [rows] place of each row in the caches
        self.tile = torch.jit.Attribute(0, int)
        self.spans = torch.jit.Attribute([], List[int])  # first row, rows of each span
        self.keys = torch.jit.Attribute([], List[torch.Tensor])  # per span: [length] places of its keys in the caches
        self.masks = torch.jit.Attribute([], List[torch.Tensor])  # per span: [rows, length] f32, 0 or -inf; empty for one row

    @torch.jit.export
    def configure(
        self, heads: int, kv_heads: int, head_dim: int, epsilon: float, theta: float, context: int, device: str
    ) -> int:
        self.heads = heads
        self.kv_heads = kv_heads
        self.head_dim = head_dim
        self.epsilon = epsilon
        frequencies = 1.0 / (theta ** (torch.arange(0, head_dim, 2, dtype=torch.int64).float() / head_dim))
        angles = torch.arange(context, dtype=torch.float32).unsqueeze(1) * frequencies.unsqueeze(0)
        angles = torch.cat([angles, angles], dim=1)
        self.cos_table = angles.cos().to(torch.device(device))
        self.sin_table = angles.sin().to(torch.device(device))
        return context

    @torch.jit.export
    def reserve(self, vocabulary: int, hidden: int, experts: int, layers: int, bf16: bool, device: str) -> int:
        """Makes room for the weights; norms and the gate stay in f32."""
        dtype = torch.bfloat16 if bf16 else torch.float32
        place = torch.device(device)
        q = self.heads * self.head_dim
        kv = self.kv_heads * self.head_dim
        self.embedding = fresh([vocabulary, hidden], dtype, place)
        self.final_norm = fresh([hidden], torch.float32, place)
        self.head = fresh([vocabulary, hidden], dtype, place)
        for _ in range(layers):
            self.attention_norm.append(fresh([hidden], torch.float32, place))
            self.qkv.append(fresh([q + 2 * kv, hidden], dtype, place))
            self.out.append(fresh([hidden, q], dtype, place))
            self.ffn_norm.append(fresh([hidden], torch.float32, place))
            self.router.append(fresh([experts, hidden], torch.float32, place))
        return layers

    def weight(self, name: str, layer: int) -> torch.Tensor:
        if name == "embedding":
            return self.embedding
        if name == "final_norm":
            return self.final_norm
        if name == "head":
            return self.head
        if name == "attention_norm":
            return self.attention_norm[layer]
        if name == "qkv":
            return self.qkv[layer]
        if name == "out":
            return self.out[layer]
        if name == "ffn_norm":
            return self.ffn_norm[layer]
        assert name == "router"
        return self.router[layer]

    @torch.jit.export
    def fill(self, name: str, layer: int, first_row: int, values: torch.Tensor) -> int:
        """Copies rows (f32; of a norm: numbers) into a weight, from a row on; returns how many."""
        self.weight(name, layer).narrow(0, first_row, values.size(0)).copy_(values)
        return values.size(0)

    @torch.jit.export
    def allocate_cache(self, blocks: int, block: int) -> int:
        """Makes the KV caches. Untouched memory stays unmapped until it is written."""
        self.block = block
        for layer in range(len(self.qkv)):
            both = torch.empty(  # one allocation for both: see `fresh`
                [2, blocks * block, self.kv_heads, self.head_dim],
                dtype=self.qkv[layer].dtype,
                device=self.qkv[layer].device,
            )
            self.k_cache.append(both[0])
            self.v_cache.append(both[1])
        return blocks

    @torch.jit.export
    def begin(
        self,
        ids: torch.Tensor,  # [rows] token ids, padded to a multiple of the tile
        positions: torch.Tensor,  # [rows]
        slots: torch.Tensor,  # [rows] where each row's key and value go; padding goes to block 0, which nobody reads
        spans: List[int],  # first row, rows, length (positions before and in the span) and first table entry of each span
        tables: torch.Tensor,  # block tables of all spans, one after the other
        tile: int,
    ) -> int:
        """Starts a step: the residual stream is the embedding."""
        place = self.embedding.device
        self.h = self.embedding.index_select(0, ids.to(place)).float()
        at = positions.to(place)
        self.cos = self.cos_table.index_select(0, at).unsqueeze(1)
        self.sin = self.sin_table.index_select(0, at).unsqueeze(1)
        self.slots = slots.to(place, copy=True)  # the argument may alias a buffer that goes with the call
        self.tile = tile
        self.spans.clear()
        self.keys.clear()
        self.masks.clear()
        offsets = torch.arange(self.block, device=place)
        table = tables.to(place)
        for i in range(len(spans) // 4):
            first, rows, length, entry = spans[4 * i], spans[4 * i + 1], spans[4 * i + 2], spans[4 * i + 3]
            used = (length + self.block - 1) // self.block
            places = (table.narrow(0, entry, used).unsqueeze(1) * self.block + offsets).reshape(-1)
            self.spans.append(first)
            self.spans.append(rows)
            self.keys.append(places.narrow(0, 0, length))
            if rows == 1:
                self.masks.append(torch.empty(0))
            else:
                mask = torch.full([rows, length], float("-inf"), device=place).triu(length - rows + 1)
                self.masks.append(mask.repeat(self.heads // self.kv_heads, 1))
        return len(self.keys)

    def rotate(self, x: torch.Tensor) -> torch.Tensor:
        half = self.head_dim // 2
        swapped = torch.cat([-x.narrow(2, half, half), x.narrow(2, 0, half)], dim=2)
        return x * self.cos + swapped * self.sin

    def attention(self, layer: int, x: torch.Tensor) -> torch.Tensor:
        rows = x.size(0)
        d = self.head_dim
        groups = self.heads // self.kv_heads
        qkv = tiled(x, self.qkv[layer], self.tile).view(rows, self.heads + 2 * self.kv_heads, d)
        q = self.rotate(qkv.narrow(1, 0, self.heads)) * (1.0 / math_sqrt(d))
        k = self.rotate(qkv.narrow(1, self.heads, self.kv_heads))
        v = qkv.narrow(1, self.heads + self.kv_heads, self.kv_heads)
        k_cache = self.k_cache[layer]
        v_cache = self.v_cache[layer]
        k_cache.index_copy_(0, self.slots, k.to(k_cache.dtype))
        v_cache.index_copy_(0, self.slots, v.to(v_cache.dtype))
        mixed = torch.zeros([rows, self.heads * d], device=x.device)
        for i in range(len(self.keys)):
            first = self.spans[2 * i]
            n = self.spans[2 * i + 1]
            keys = k_cache.index_select(0, self.keys[i]).float().permute(1, 2, 0)  # [kv, d, length]
            values = v_cache.index_select(0, self.keys[i]).float().permute(1, 0, 2)  # [kv, length, d]
            if n == 1:
                scores = torch.bmm(q[first].view(self.kv_heads, groups, d), keys)
                y = torch.bmm(scores.softmax(-1), values)  # [kv, groups, d]
                mixed[first] = y.view(-1)
            else:
                queries = q.narrow(0, first, n).view(n, self.kv_heads, groups, d).permute(1, 2, 0, 3)
                scores = torch.bmm(queries.reshape(self.kv_heads, groups * n, d), keys) + self.masks[i]
                y = torch.bmm(scores.softmax(-1), values).view(self.kv_heads, groups, n, d)
                mixed.narrow(0, first, n).copy_(y.permute(2, 0, 1, 3).reshape(n, -1))
        return tiled(mixed, self.out[layer], self.tile)

    @torch.jit.export
    def attend(self, layer: int, combined: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        """Adds the experts' sum of the layer before ([rows, hidden]; ignored for layer 0), runs attention; gives the rows for the
        experts [rows, hidden] and the gate logits [rows, experts]."""
        if layer > 0:
            self.h = self.h + combined.to(self.h.device)
        self.h = self.h + self.attention(layer, rms_norm(self.h, self.attention_norm[layer], self.epsilon))
        x = rms_norm(self.h, self.ffn_norm[layer], self.epsilon)
        return x.cpu(), tiled(x, self.router[layer], self.tile).cpu()

    @torch.jit.export
    def gate(self, layer: int, x: torch.Tensor, tile: int) -> torch.Tensor:
        """Gate logits [rows, experts] of rows [rows, hidden], rows a multiple of the tile."""
        return tiled(x.to(self.router[layer].device), self.router[layer], tile).cpu()

    @torch.jit.export
    def finish(self, combined: torch.Tensor, rows: torch.Tensor, tile: int) -> torch.Tensor:
        """Adds the last layer's experts and gives the logits [n, vocabulary] of the rows asked for, n a multiple of the tile."""
        place = self.h.device
        h = (self.h + combined.to(place)).index_select(0, rows.to(place))
        return tiled(rms_norm(h, self.final_norm, self.epsilon), self.head, tile).cpu()


def math_sqrt(x: int) -> float:
    return float(x) ** 0.5
