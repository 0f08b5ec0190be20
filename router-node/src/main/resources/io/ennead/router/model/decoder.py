"""The dense part of a decoder with Mixture-of-Experts layers: embedding, attention with a paged KV cache, norms, gate logits, dense and
shared feed-forward networks, head.

A layer is a dictionary of weights and one of numbers: what a family does not have is absent. Sources of the formulas are named in
expert-node's package `architecture`, whose records this module computes. Built by build_kernels.py into packed_decoder.pt, with maps packed
for the processor's own products (oneDNN), and decoder.pt for machines without. One call of
`attend` does everything between two dispatches but a shared expert, which `share` runs while the others are awaited. State of the running step (residual stream, rotary tables, spans) stays in the module:
one thread at a time may run steps; `gate` alone may be called beside it.

Every product of a step runs on exactly `tile` rows, which is one of the numbers that give the same bits (`alike`). Attention runs span by
span, a span being rows of one sequence, or, when decoding, over all of them at once, block by block: a row's bits depend on its own
sequence, not on its neighbours.
"""

from typing import Dict, List, Tuple

import torch
import torch.nn.functional as F

from attention import attend_rows, attend_spans, first_seen, hidden_keys, rotate, seen_blocks, sequence_keys, sequence_values
from gated import activate, matrix, pack, packed_product


def rms_norm(x: torch.Tensor, weight: torch.Tensor, epsilon: float) -> torch.Tensor:
    return torch.rms_norm(x, weight.size(), weight, epsilon)


def fresh(shape: List[int], dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """A tensor of its own. Written in place, since the compiler merges two equal allocations that nothing writes to."""
    return torch.empty(shape, dtype=dtype, device=device).zero_()


def per_head(x: torch.Tensor, weight: torch.Tensor, tile: int) -> torch.Tensor:
    """x [rows, heads, in] times weight [heads, in, out], head by head: [rows, heads, out] f32."""
    out: List[torch.Tensor] = []
    for i in range(x.size(0) // tile):
        part = x.narrow(0, i * tile, tile).transpose(0, 1).to(weight.dtype)
        out.append(torch.bmm(part, weight).transpose(0, 1))
    return torch.cat(out).float()


class Decoder(torch.nn.Module):
    packing: torch.jit.Final[bool]

    def __init__(self, packing: bool):
        super().__init__()
        self.packing = packing  # what depends on it alone is left out by the compiler
        self.least = torch.jit.Attribute(0, int)  # numbers in a map of f32 from which on it is packed
        # one of each per layer, and one more for what is outside the layers
        self.w = torch.jit.Attribute([], List[Dict[str, torch.Tensor]])
        self.f = torch.jit.Attribute([], List[Dict[str, float]])
        self.block = torch.jit.Attribute(0, int)
        self.windows = torch.jit.Attribute([0], List[int])  # the windows there are; 0: none
        self.k_cache = torch.jit.Attribute([], List[torch.Tensor])  # per layer [blocks, kv_heads, width, block]: products with queries take a third
        self.v_cache = torch.jit.Attribute([], List[torch.Tensor])  # [blocks, kv_heads, block, width]; empty where values are part of the keys
        self.taken = torch.jit.Attribute([torch.empty(0), torch.empty(0)], List[torch.Tensor])  # room for the keys and values that a step sees
        self.kv_heads = torch.jit.Attribute([], List[int])  # the numbers of heads there are in caches
        self.places = torch.jit.Attribute([], List[torch.Tensor])  # per such number: 0 .. heads - 1
        # [2, block + 1, block] masks of blocks, 0 or -inf: the first n positions are seen; they are not
        self.stairs = torch.jit.Attribute(torch.empty(0), torch.Tensor)
        # rotary tables by position, [context, dimensions]
        self.cos_tables = torch.jit.Attribute([], List[torch.Tensor])
        self.sin_tables = torch.jit.Attribute([], List[torch.Tensor])
        # the running step
        self.h = torch.jit.Attribute(torch.empty(0), torch.Tensor)  # [rows, hidden] residual stream
        self.x = torch.jit.Attribute(torch.empty(0), torch.Tensor)  # [rows, hidden] what gate and experts get
        self.shared = torch.jit.Attribute(torch.empty(0), torch.Tensor)  # [rows, hidden] what the shared expert gave
        self.next = torch.jit.Attribute(0, int)  # the next layer
        self.cos = torch.jit.Attribute([], List[torch.Tensor])  # per rotary table [rows, 1, dimensions]
        self.sin = torch.jit.Attribute([], List[torch.Tensor])
        # per number of heads [rows * heads]: where keys and values go, as block and head, and as place in the block
        self.lines = torch.jit.Attribute([], List[torch.Tensor])
        self.offsets = torch.jit.Attribute([], List[torch.Tensor])
        self.begun = torch.jit.Attribute(torch.empty(0), torch.Tensor)  # blocks of the caches that are written from their first position on, but not to the last
        self.tile = torch.jit.Attribute(0, int)
        self.spans = torch.jit.Attribute([], List[List[int]])  # first row, rows, length and sequence of each span; none when decoding
        self.tables = torch.jit.Attribute([], List[List[torch.Tensor]])  # per window and sequence of the spans: its blocks of the caches
        self.unseen = torch.jit.Attribute([], List[List[int]])  # the same: positions before the first of them
        self.seen = torch.jit.Attribute([], List[Tuple[torch.Tensor, torch.Tensor, torch.Tensor]])  # per window, when decoding: seen_blocks
        self.masks = torch.jit.Attribute([], List[torch.Tensor])  # per window: of all spans; or per window and number of heads: of `seen`

    def product(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """x [rows, in] times weight [out, in] transposed."""
        if self.packing:
            if weight.is_mkldnn:
                return packed_product(x, weight)
        return F.linear(x, weight)

    def tiled(self, x: torch.Tensor, weight: torch.Tensor, tile: int) -> torch.Tensor:
        """x [n * tile, in] times weight [out, in] transposed, tile by tile, as f32."""
        x = x.to(weight.dtype)
        if x.size(0) == tile:
            return self.product(x, weight).float()
        out: List[torch.Tensor] = []
        for i in range(x.size(0) // tile):
            out.append(self.product(x.narrow(0, i * tile, tile), weight))
        return torch.cat(out).float()

    def linear(self, x: torch.Tensor, w: Dict[str, torch.Tensor], name: str, tile: int) -> torch.Tensor:
        """x through the map of this name, with its bias if it has one."""
        weight = w[name]
        if weight.dtype == torch.float32 and not weight.is_mkldnn and x.size(0) > tile:  # without the copy that joins the tiles
            y = torch.empty([x.size(0), weight.size(0)], device=x.device)
            across = weight.t()
            for i in range(x.size(0) // tile):
                torch.mm(x.narrow(0, i * tile, tile), across, out=y.narrow(0, i * tile, tile))
        else:
            y = self.tiled(x, weight, tile)
        bias = name + "_bias"
        if bias in w:
            y = y + w[bias]
        return y

    def add_linear(self, h: torch.Tensor, x: torch.Tensor, w: Dict[str, torch.Tensor], name: str, tile: int) -> None:
        """Adds x through the map of this name to h; in f32 that is not packed within the product."""
        if w[name].dtype == torch.float32 and not w[name].is_mkldnn and name + "_bias" not in w:
            across = w[name].t()
            for i in range(x.size(0) // tile):
                h.narrow(0, i * tile, tile).addmm_(x.narrow(0, i * tile, tile), across)
        else:
            h.add_(self.linear(x, w, name, tile))

    @torch.jit.export
    def pack_from(self, numbers: int) -> int:
        """Maps of f32 with at least so many numbers are packed, from now on; in a module that packs."""
        self.least = numbers
        return numbers

    @torch.jit.export
    def add_layer(self) -> int:
        """Adds a layer. Its dictionaries begin with something that differs: the compiler makes empty ones one constant."""
        layer = len(self.w)
        self.w.append({"layer": torch.tensor(layer)})
        self.f.append({"layer": float(layer)})
        return layer

    @torch.jit.export
    def number(self, layer: int, name: str, value: float) -> int:
        self.f[layer][name] = value
        return layer

    @torch.jit.export
    def window(self, layer: int, positions: int) -> int:
        """Restricts a layer to the last positions; 0: none."""
        if positions not in self.windows:
            self.windows.append(positions)
        self.f[layer]["window"] = float(self.windows.index(positions))
        return positions

    @torch.jit.export
    def rotary(self, inverse: torch.Tensor, amplitude: float, context: int, device: str) -> int:
        """Adds a table for inverse frequencies [dimensions / 2]; returns its number."""
        angles = torch.arange(context, dtype=torch.float32).unsqueeze(1) * inverse.unsqueeze(0)
        cos, sin = angles.cos() * amplitude, angles.sin() * amplitude
        self.cos_tables.append(torch.cat([cos, cos], dim=1).to(torch.device(device)))
        self.sin_tables.append(torch.cat([-sin, sin], dim=1).to(torch.device(device)))
        return len(self.cos_tables) - 1

    @torch.jit.export
    def reserve(self, layer: int, name: str, rows: int, columns: int, bf16: bool, device: str) -> int:
        """Makes room for a weight; a vector (columns 0), like the gate, stays in f32. Rows of an embedding are taken one by one."""
        dtype = torch.bfloat16 if bf16 else torch.float32
        place = torch.device(device)
        if columns == 0:
            self.w[layer][name] = fresh([rows], dtype, place)
        elif self.is_plain(name) or self.packs(name, rows, columns, bf16):
            self.w[layer][name] = fresh([rows, columns], dtype, place)
        else:
            self.w[layer][name] = matrix(rows, columns, dtype, place)
        return rows

    def is_plain(self, name: str) -> bool:
        """Whether a weight's rows are taken one by one, or it is taken apart by heads."""
        return name == "embedding" or name == "latent_up"

    def packs(self, name: str, rows: int, columns: int, bf16: bool) -> bool:
        """Whether a map is packed. Narrow ones (gates) are not, nor small ones in f32."""
        if self.packing:
            if self.is_plain(name) or rows < 64:
                return False
            return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()) if bf16 else rows * columns >= self.least
        return False

    @torch.jit.export
    def fill(self, layer: int, name: str, row: int, values: torch.Tensor) -> int:
        """Copies rows of f32 into a weight, from a row on; a vector's are of one number. The last rows come last."""
        weight = self.w[layer][name]
        target = weight.narrow(0, row, values.size(0))
        if target.dim() == 1:
            target.copy_(values.reshape(-1))
            return values.size(0)
        target.copy_(values)
        if self.packing:
            last = row + values.size(0) == weight.size(0)
            if last and self.packs(name, weight.size(0), weight.size(1), weight.dtype == torch.bfloat16):
                self.w[layer][name] = pack(weight)
        return values.size(0)

    @torch.jit.export
    def tie(self) -> int:
        """The embedding is the head, too. Packed, that is a copy."""
        ends = self.w[len(self.w) - 1]
        rows = ends["embedding"]
        if self.packing:
            if self.packs("head", rows.size(0), rows.size(1), rows.dtype == torch.bfloat16):
                ends["head"] = pack(rows)
                return 1
        ends["head"] = matrix(rows.size(0), rows.size(1), rows.dtype, rows.device)
        ends["head"].copy_(rows)
        ends["embedding"] = ends["head"]
        return 0

    @torch.jit.export
    def alike(self, lengths: List[int], tile: int) -> int:
        """Which lengths give every row of a product the bits that it has in one of `tile` rows, bit i for the i-th: tried on the model's own
        maps, one of each name and shape."""
        left = (1 << len(lengths)) - 1
        tried: List[str] = []
        for layer in range(len(self.w)):
            for name, weight in self.w[layer].items():
                key = "{} {}".format(name, weight.size())
                if weight.dim() == 2 and name != "embedding" and key not in tried:
                    tried.append(key)
                    left = self.alike_through(layer, name, lengths, tile, left)
        return left

    def alike_through(self, layer: int, name: str, lengths: List[int], tile: int, left: int) -> int:
        """Which of the lengths that are left one map allows."""
        weight = self.w[layer][name]
        if not weight.is_cpu or (name in ["ffn_down", "shared_down"] and weight.size(1) % 32 != 0):  # what `activate` leaves over would move
            return 0
        # rounding to bf16 hides nearly all differences of another order of the sum
        rows = 1 if weight.dtype == torch.float32 else (1 << 18) // weight.size(0)
        most = max(max(lengths), rows) + tile
        x = torch.arange(most // tile * tile * weight.size(1)).mul(0.37).sin().view(-1, weight.size(1))
        expected = self.through(layer, name, x, tile)
        for i in range(len(lengths)):
            count = max(1, rows // lengths[i]) * lengths[i]
            if (left >> i) & 1 == 1:
                y = self.through(layer, name, x.narrow(0, 0, count), lengths[i])
                if not torch.equal(y, expected.narrow(0, 0, count)):
                    left -= 1 << i
        return left

    def through(self, layer: int, name: str, x: torch.Tensor, tile: int) -> torch.Tensor:
        """x through a map, as a step takes it."""
        if name == "latent_up":
            heads, plain, value = int(self.f[layer]["heads"]), int(self.f[layer]["plain"]), int(self.f[layer]["value"])
            up = self.w[layer][name].view(heads, plain + value, -1)
            absorbed = per_head(x.narrow(1, 0, 1).unsqueeze(1).expand(-1, heads, plain), up.narrow(1, 0, plain), tile)
            return torch.cat([absorbed, per_head(absorbed, up.narrow(1, plain, value).transpose(1, 2), tile)], dim=2)
        if name == "out":
            y = torch.zeros([x.size(0), self.w[layer][name].size(0)])
            self.add_linear(y, x, self.w[layer], name, tile)
            return y
        return self.linear(x, self.w[layer], name, tile)

    @torch.jit.export
    def allocate_cache(self, blocks: int, block: int) -> int:
        """Makes the KV caches. Untouched memory stays unmapped until it is written."""
        self.block = block
        hidden = torch.full([block + 1, block], float("-inf"), device=self.w[0]["out"].device)
        self.stairs = torch.stack([hidden.triu(), hidden.tril(-1)])
        for layer in range(len(self.w) - 1):
            like = self.w[layer]["out"]
            f = self.f[layer]
            heads = 1
            if "latent" in f:
                width = int(f["latent"] + f["rotated"])
                latents = torch.empty([blocks, 1, width, block], dtype=like.dtype, device=like.device)
                latents[0].zero_()
                self.k_cache.append(latents)
                self.v_cache.append(torch.empty([0]))
            else:
                heads = int(f["kv_heads"])
                size = heads * block * int(f["head_dim"])
                both = torch.empty([2, blocks, size], dtype=like.dtype, device=like.device)  # one allocation for both: see `fresh`
                both.narrow(1, 0, 1).zero_()
                self.k_cache.append(both[0].view(blocks, heads, -1, block))
                self.v_cache.append(both[1].view(blocks, heads, block, -1))
            if heads not in self.kv_heads:
                self.kv_heads.append(heads)
                self.places.append(torch.arange(heads, device=like.device))
            f["places"] = float(self.kv_heads.index(heads))
        return blocks

    @torch.jit.export
    def copy_block(self, source: int, target: int) -> int:
        """Copies what a block of the KV caches holds, in every layer, to another."""
        for caches in [self.k_cache, self.v_cache]:
            for cache in caches:
                if cache.numel() > 0:
                    cache[target].copy_(cache[source])
        return target

    @torch.jit.export
    def begin(
        self,
        numbers: torch.Tensor,  # what StepArrays says, one part after the other
        sizes: List[int],  # of the parts
        spans: List[int],  # first row, rows, length (positions before and in the span) and first table entry of each span
        tile: int,
        decoding: bool,  # every span is one row
    ) -> int:
        """Starts a step: the residual stream is the embedding."""
        last = len(self.w) - 1
        embedding = self.w[last]["embedding"]
        # a copy: the argument may alias a buffer that goes with the call
        parts = numbers.to(embedding.device, copy=True).split_with_sizes(sizes)
        ids, at, row_blocks, offsets, begun, tables, owners, ends, counts = parts
        self.h = embedding.index_select(0, ids).float()
        if "embedding_scale" in self.f[last]:
            self.h = self.h * self.f[last]["embedding_scale"]
        self.next = 0
        self.cos.clear()
        self.sin.clear()
        for i in range(len(self.cos_tables)):
            self.cos.append(self.cos_tables[i].index_select(0, at).unsqueeze(1))
            self.sin.append(self.sin_tables[i].index_select(0, at).unsqueeze(1))
        self.tile = tile
        self.put(row_blocks, offsets, begun)
        self.spans.clear()
        self.tables.clear()
        self.unseen.clear()
        self.masks.clear()
        self.seen.clear()
        if decoding:
            self.see_rows(tables, owners, ends, counts)
        else:
            self.see_spans(spans, tables)
        return len(spans) // 4

    def put(self, blocks: torch.Tensor, offsets: torch.Tensor, begun: torch.Tensor) -> None:
        """Where each row's keys and values go."""
        self.begun = begun
        self.lines.clear()
        self.offsets.clear()
        for places in self.places:
            heads = places.size(0)
            self.lines.append(torch.add(places, blocks.unsqueeze(1), alpha=heads).view(-1))
            self.offsets.append(offsets.unsqueeze(1).expand(-1, heads).reshape(-1))

    def see_rows(self, tables: torch.Tensor, owners: torch.Tensor, ends: torch.Tensor, counts: torch.Tensor) -> None:
        for window in self.windows:
            blocks, owner, count, end = seen_blocks(tables, owners, ends, counts, self.block, window)
            self.seen.append((blocks, owner, count))
            mask = self.stairs[0].index_select(0, end.clamp(max=self.block))
            if window > 0:
                mask = mask + self.stairs[1].index_select(0, (end - window).clamp(0, self.block))
            for places in self.places:
                self.masks.append(mask.unsqueeze(1).expand(-1, places.size(0), -1).reshape(-1, 1, self.block))

    def see_spans(self, spans: List[int], table: torch.Tensor) -> None:
        most, before = 0, 0
        sequences: List[List[int]] = []  # first table entry, positions before the step and at its end
        for i in range(len(spans) // 4):
            first, rows, length, entry = spans[4 * i], spans[4 * i + 1], spans[4 * i + 2], spans[4 * i + 3]
            if i > 0 and spans[4 * i - 1] == entry:  # goes on with the sequence of the span before
                sequences[len(sequences) - 1][2] = length
            else:
                sequences.append([entry, length - rows, length])
            self.spans.append([first, rows, length, len(sequences) - 1])
            most, before = max(most, rows), max(before, length - rows)
        for window in self.windows:
            tables: List[torch.Tensor] = []
            unseen: List[int] = []
            for entry, start, length in sequences:
                blocks = first_seen(start, window) // self.block
                tables.append(table.narrow(0, entry + blocks, (length + self.block - 1) // self.block - blocks))
                unseen.append(blocks * self.block)
            self.tables.append(tables)
            self.unseen.append(unseen)
            self.masks.append(hidden_keys(most, before, window, table.device))

    def grouped_query(self, layer: int, x: torch.Tensor) -> torch.Tensor:
        """What the heads see, [rows, heads * d]."""
        w = self.w[layer]
        f = self.f[layer]
        rows = x.size(0)
        heads, kv_heads, d = int(f["heads"]), int(f["kv_heads"]), int(f["head_dim"])
        qkv = self.linear(x, w, "qkv", self.tile)
        both = qkv.narrow(1, 0, (heads + kv_heads) * d)
        v = qkv.narrow(1, (heads + kv_heads) * d, kv_heads * d)
        if "q_norm" in w:
            q = self.query_key_norm(qkv.narrow(1, 0, heads * d), w["q_norm"], f["q_norm_epsilon"])
            k = self.query_key_norm(qkv.narrow(1, heads * d, kv_heads * d), w["k_norm"], f["k_norm_epsilon"])
            both = torch.cat([q, k], dim=1)
        if "clip" in f:
            both, v = both.clamp(-f["clip"], f["clip"]), v.clamp(-f["clip"], f["clip"])
        table = int(f["rotary"])
        both = rotate(both.view(rows, heads + kv_heads, d), self.cos[table], self.sin[table], f["interleaved"] > 0)
        self.keep(layer, self.k_cache[layer].transpose(2, 3), both.narrow(1, heads, kv_heads))
        self.keep(layer, self.v_cache[layer], v)
        q = both.narrow(1, 0, heads)
        mixed = self.mix(layer, q, d)
        return mixed.view(rows, heads * d)

    def keep(self, layer: int, cache: torch.Tensor, rows: torch.Tensor) -> None:
        """Writes keys or values of the step's rows to their cache, seen as [blocks, kv_heads, block, width]. What is not written yet of a
        block is zero: a mask hides it, and nothing but a finite number can be hidden."""
        d = cache.size(3)
        if self.begun.size(0) > 0:
            cache.index_fill_(0, self.begun, 0.0)
        kind = int(self.f[layer]["places"])
        cache.flatten(0, 1).index_put_([self.lines[kind], self.offsets[kind]], rows.reshape(-1, d).to(cache.dtype))

    def query_key_norm(self, x: torch.Tensor, weight: torch.Tensor, epsilon: float) -> torch.Tensor:
        """Over each head or over all together: as wide as its weight."""
        return rms_norm(x.reshape(x.size(0), -1, weight.size(0)), weight, epsilon).reshape(x.size(0), -1)

    def latent(self, layer: int, x: torch.Tensor) -> torch.Tensor:
        """Multi-head latent attention with the key's and value's projections absorbed into query and output: the cache holds the
        latent vector and the rotary key, as if of one head that all share (DeepSeek-V2 report, 2.1.2)."""
        w = self.w[layer]
        f = self.f[layer]
        rows = x.size(0)
        heads, plain, value = int(f["heads"]), int(f["plain"]), int(f["value"])
        latent, rotated = int(f["latent"]), int(f["rotated"])
        table = int(f["rotary"])
        if "q_down" in w:
            q = rms_norm(self.tiled(x, w["q_down"], self.tile), w["q_norm"], f["q_norm_epsilon"])
        else:
            q = x
        q = self.tiled(q, w["q"], self.tile).view(rows, heads, plain + rotated)
        turned = rotate(q.narrow(2, plain, rotated), self.cos[table], self.sin[table], f["interleaved"] > 0)
        down = self.tiled(x, w["latent_down"], self.tile)
        vector = rms_norm(down.narrow(1, 0, latent), w["latent_norm"], f["latent_norm_epsilon"]).unsqueeze(1)
        key = rotate(down.narrow(1, latent, rotated).unsqueeze(1), self.cos[table], self.sin[table], f["interleaved"] > 0)
        self.keep(layer, self.k_cache[layer].transpose(2, 3), torch.cat([vector, key], dim=2))
        up = w["latent_up"].view(heads, plain + value, latent)
        absorbed = per_head(q.narrow(2, 0, plain), up.narrow(1, 0, plain), self.tile)
        mixed = self.mix(layer, torch.cat([absorbed, turned], dim=2), latent)
        values = per_head(mixed, up.narrow(1, plain, value).transpose(1, 2), self.tile)
        return values.reshape(rows, heads * value)

    def mix(self, layer: int, q: torch.Tensor, width: int) -> torch.Tensor:
        """Attention of queries [rows, heads, d] over the caches: [rows, heads, width]."""
        f = self.f[layer]
        sinks = torch.empty(0)
        if "sinks" in self.w[layer]:
            sinks = self.w[layer]["sinks"]
        soft_cap = 0.0
        if "soft_cap" in f:
            soft_cap = f["soft_cap"]
        window = int(f["window"])
        mixed = torch.zeros([q.size(0), q.size(1), width], device=q.device)
        if len(self.spans) == 0:
            self.mix_rows(layer, q, mixed, window, soft_cap, sinks)
            return mixed
        keys: List[torch.Tensor] = []
        values: List[torch.Tensor] = []
        for blocks in self.tables[window]:
            keys.append(sequence_keys(self.k_cache[layer], blocks))
            if self.v_cache[layer].numel() == 0:
                values.append(keys[len(keys) - 1].narrow(2, 0, width))
            else:
                values.append(sequence_values(self.v_cache[layer], blocks))
        reach, mask = self.windows[window], self.masks[window]
        attend_spans(self.spans, self.unseen[window], q, keys, values, mask, reach, f["scale"], soft_cap, sinks, mixed)
        return mixed

    def mix_rows(self, layer: int, q: torch.Tensor, mixed: torch.Tensor, window: int, soft_cap: float, sinks: torch.Tensor) -> None:
        """`mix` of a step whose spans are one row each, into the rows of `mixed`."""
        blocks, owners, counts = self.seen[window]
        mask = self.masks[window * len(self.kv_heads) + int(self.f[layer]["places"])]
        keys = self.take(0, self.k_cache[layer], blocks)
        if self.v_cache[layer].numel() == 0:
            values = keys.narrow(2, 0, mixed.size(2)).transpose(2, 3)
        else:
            values = self.take(1, self.v_cache[layer], blocks)
        attend_rows(q, keys, values, owners, counts, mask, self.f[layer]["scale"], soft_cap, sinks, mixed.narrow(0, 0, counts.size(0)))

    def take(self, which: int, cache: torch.Tensor, blocks: torch.Tensor) -> torch.Tensor:
        """Blocks of a cache, in f32. The room for them is kept: the system takes longer to give new memory than to copy them."""
        count = blocks.size(0)
        size = count * cache.size(1) * cache.size(2) * cache.size(3)
        if self.taken[which].numel() < size or self.taken[which].dtype != cache.dtype:
            self.taken[which] = torch.empty([size + size // 2], dtype=cache.dtype, device=cache.device)
        room = self.taken[which].narrow(0, 0, size).view(count, cache.size(1), cache.size(2), cache.size(3))
        return torch.index_select(cache, 0, blocks, out=room).float()

    def attention(self, layer: int) -> None:
        w = self.w[layer]
        f = self.f[layer]
        x = rms_norm(self.h, w["attention_norm"], f["attention_norm_epsilon"])
        if "latent" in f:
            y = self.latent(layer, x)
        else:
            y = self.grouped_query(layer, x)
        if "post_attention_norm" not in w and "residual_scale" not in f:
            self.add_linear(self.h, y, w, "out", self.tile)
            return
        y = self.linear(y, w, "out", self.tile)
        if "post_attention_norm" in w:
            y = rms_norm(y, w["post_attention_norm"], f["post_attention_norm_epsilon"])
        if "residual_scale" in f:
            y = y * f["residual_scale"]
        self.h.add_(y)

    def add_ffn(self, layer: int, y: torch.Tensor) -> None:
        w = self.w[layer]
        f = self.f[layer]
        if "post_ffn_norm" in w:
            y = rms_norm(y, w["post_ffn_norm"], f["post_ffn_norm_epsilon"])
        if "residual_scale" in f:
            y = y * f["residual_scale"]
        self.h.add_(y)

    def ffn(self, layer: int, name: str, x: torch.Tensor, tile: int) -> torch.Tensor:
        """A gated network whose weights begin with this name, times the sigmoid of its own gate if it has one. All of it tile by tile:
        elementwise kernels compute what their vectors leave over in another way, and that must not depend on the number of tiles."""
        w = self.w[layer]
        f = self.f[layer]
        out: List[torch.Tensor] = []
        for i in range(x.size(0) // tile):
            part = x.narrow(0, i * tile, tile)
            h = self.linear(part, w, name + "_gate_up", tile)
            y = self.linear(activate(h, int(f[name + "_activation"]), f[name + "_limit"]), w, name + "_down", tile)
            if name + "_gate" in w:
                gate = self.tiled(part, w[name + "_gate"], tile)  # [tile, 1]; as wide as any vectors, nor may it depend on the tile's length
                y = torch.sigmoid(gate.expand(-1, 32).contiguous()).narrow(1, 0, 1) * y
            out.append(y)
        return torch.cat(out)

    def catch_up(self, layer: int, combined: torch.Tensor) -> None:
        """Adds what the experts of the layer before gave, and runs the dense layers up to a layer."""
        if self.next > 0 and combined.size(0) > 0:
            y = combined.to(self.h.device)
            if self.shared.size(0) > 0:
                y = y + self.shared
            self.add_ffn(self.next - 1, y)
        while self.next < layer:
            at = self.next
            self.attention(at)
            x = rms_norm(self.h, self.w[at]["ffn_norm"], self.f[at]["ffn_norm_epsilon"])
            self.add_ffn(at, self.ffn(at, "ffn", x, self.tile))
            self.next = at + 1

    @torch.jit.export
    def attend(self, layer: int, combined: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        """Adds the experts' sum of the layer with experts before ([rows, hidden]; no rows for the first), runs dense layers up to
        this one and its attention; gives the rows for the experts [rows, hidden] and the gate logits [rows, experts]."""
        self.catch_up(layer, combined)
        self.attention(layer)
        self.next = layer + 1
        w = self.w[layer]
        x = rms_norm(self.h, w["ffn_norm"], self.f[layer]["ffn_norm_epsilon"])
        self.x = x
        self.shared = torch.empty(0)
        return x.cpu(), self.linear(x, w, "router", self.tile).cpu()

    @torch.jit.export
    def share(self, layer: int) -> int:
        """Runs the shared expert on the rows that `attend` gave last, for the next `attend` or `end` to add: a call of its own, for the time
        in which the experts are awaited."""
        self.shared = self.shared_expert(layer, self.x, self.tile)
        return layer

    @torch.jit.export
    def shared_expert(self, layer: int, x: torch.Tensor, tile: int) -> torch.Tensor:
        """What the shared expert adds to the routed ones' sum, for rows [rows, hidden]; no rows when the layer has none."""
        w = self.w[layer]
        if "shared_down" not in w:
            return torch.empty([0, 0])
        return self.ffn(layer, "shared", x.to(w["shared_down"].device), tile)

    @torch.jit.export
    def gate(self, layer: int, x: torch.Tensor, tile: int) -> torch.Tensor:
        """Gate logits [rows, experts] of rows [rows, hidden], rows a multiple of the tile."""
        return self.linear(x.to(self.w[layer]["router"].device), self.w[layer], "router", tile).cpu()

    @torch.jit.export
    def end(self, combined: torch.Tensor) -> int:
        """Adds the last experts' sum and runs the dense layers behind them."""
        self.catch_up(len(self.w) - 1, combined)
        return self.next

    @torch.jit.export
    def finish(self, rows: torch.Tensor, count: int, tile: int) -> torch.Tensor:
        """Logits [count, vocabulary] of the first rows asked for; the others pad them to a multiple of the tile."""
        last = len(self.w) - 1
        logits = self.tiled(self.final(rows), self.w[last]["head"], tile).narrow(0, 0, count)
        if "logit_scale" in self.f[last]:
            logits = logits * self.f[last]["logit_scale"]
        return logits.cpu()

    @torch.jit.export
    def hidden(self, rows: torch.Tensor, count: int) -> torch.Tensor:
        """What `finish` computes the logits of these rows from, [count, hidden]."""
        return self.final(rows).narrow(0, 0, count).cpu()

    def final(self, rows: torch.Tensor) -> torch.Tensor:
        """Rows of the residual stream behind the last norm."""
        last = len(self.w) - 1
        h = self.h.index_select(0, rows.to(self.h.device))
        return rms_norm(h, self.w[last]["final_norm"], self.f[last]["final_norm_epsilon"])
