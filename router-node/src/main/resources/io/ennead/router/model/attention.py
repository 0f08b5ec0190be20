"""Attention over keys and values in the blocks of the caches, of whole spans and of single rows; rotary embedding; what is seen."""

from typing import List, Tuple

import torch
import torch.nn.functional as F


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, interleaved: bool) -> torch.Tensor:
    """Turns the first cos.size(-1) dimensions of x [rows, heads, d]. Pairs are (j, j + half), or (2j, 2j + 1) when interleaved;
    interleaved ones come out in halves, in queries and keys alike, which leaves their products as they are. `sin` is negative in its
    first half: turned = x cos + swapped sin."""
    turning = cos.size(2)
    part = x
    if x.size(2) > turning:
        part = x.narrow(2, 0, turning)
    if interleaved:
        part = torch.cat([part.slice(2, 0, turning, 2), part.slice(2, 1, turning, 2)], dim=2)
    turned = (part * cos).add_(part.roll(turning // 2, 2).mul_(sin))
    if x.size(2) == turning:
        return turned
    return torch.cat([turned, x.narrow(2, turning, x.size(2) - turning)], dim=2)


def first_seen(position: int, window: int) -> int:
    """The first position that one sees: `window` in all, 0: no limit."""
    return max(0, position - window + 1) if window > 0 else 0


def hidden_keys(rows: int, before: int, window: int, device: torch.device) -> torch.Tensor:
    """The mask [rows, before + rows], 0 or -inf, of `rows` positions that follow `before` others: each sees itself and what is before it,
    `window` positions in all (0: no limit). Spans that are shorter or begin earlier have theirs in it."""
    hidden = torch.full([rows, before + rows], float("-inf"), device=device)
    mask = hidden.triu(before + 1)
    if window > 0:
        mask = mask + hidden.tril(before - window)
    return mask


def sequence_keys(cache: torch.Tensor, blocks: torch.Tensor) -> torch.Tensor:
    """What blocks of a cache [blocks, kv_heads, d, block] hold: [kv_heads, positions, d] f32."""
    taken = cache.index_select(0, blocks).permute(1, 0, 3, 2)
    return taken.reshape(taken.size(0), -1, taken.size(3)).float()


def sequence_values(cache: torch.Tensor, blocks: torch.Tensor) -> torch.Tensor:
    """The same of a cache [blocks, kv_heads, block, width]: [kv_heads, positions, width] f32."""
    taken = cache.index_select(0, blocks).transpose(0, 1)
    return taken.reshape(taken.size(0), -1, taken.size(3)).float()


def attend_spans(
    spans: List[List[int]],  # first row, rows, length, sequence
    unseen: List[int],  # per sequence: positions before its keys
    q: torch.Tensor,  # [rows, heads, d]
    keys: List[torch.Tensor],  # per sequence [kv_heads, positions, d]
    values: List[torch.Tensor],  # per sequence [kv_heads, positions, width]
    mask: torch.Tensor,  # hidden_keys of all
    window: int,
    scale: float,
    soft_cap: float,  # 0: none
    sinks: torch.Tensor,  # [heads], or empty
    out: torch.Tensor,  # [rows, heads, width]
) -> None:
    for span in spans:
        row, rows, length, sequence = span
        start = length - rows
        seen = first_seen(start, window)
        k = keys[sequence].narrow(1, seen - unseen[sequence], length - seen)
        v = values[sequence].narrow(1, seen - unseen[sequence], length - seen)
        hidden = mask.narrow(0, 0, rows).narrow(1, mask.size(1) - mask.size(0) - start + seen, length - seen)
        attend_span(q.narrow(0, row, rows), k, v, hidden, scale, soft_cap, sinks, out.narrow(0, row, rows))


def attend_span(
    q: torch.Tensor,  # [rows, heads, d]
    keys: torch.Tensor,  # [kv_heads, length, d]
    values: torch.Tensor,  # [kv_heads, length, width]
    mask: torch.Tensor,  # [rows, length]
    scale: float,
    soft_cap: float,  # 0: none
    sinks: torch.Tensor,  # [heads], or empty
    out: torch.Tensor,  # [rows, heads, width]
) -> None:
    rows, d, width = q.size(0), q.size(2), values.size(2)
    kv_heads, length = keys.size(0), keys.size(1)
    groups = q.size(1) // kv_heads
    queries = q.unflatten(1, [kv_heads, groups]).permute(1, 2, 0, 3)
    target = out.unflatten(1, [kv_heads, groups]).permute(1, 2, 0, 3)
    if soft_cap == 0 and sinks.numel() == 0 and width == d:
        k = keys.unsqueeze(1).expand(-1, groups, -1, -1)
        v = values.unsqueeze(1).expand(-1, groups, -1, -1)
        target.copy_(F.scaled_dot_product_attention(queries, k, v, mask, scale=scale))
        return
    scores = torch.bmm(queries.reshape(kv_heads, groups * rows, d), keys.transpose(1, 2)).mul_(scale)
    scores = scores.view(kv_heads, groups, rows, length)
    if soft_cap > 0:
        scores = soft_cap * torch.tanh(scores / soft_cap)
    scores.add_(mask)
    if sinks.numel() > 0:
        sink = sinks.view(kv_heads, groups, 1, 1)
        most = torch.maximum(scores.amax(-1, keepdim=True), sink)
        e = torch.exp(scores - most)
        shares = e / (e.sum(-1, keepdim=True) + torch.exp(sink - most))
    else:
        shares = scores.softmax(-1)
    target.copy_(torch.bmm(shares.view(kv_heads, groups * rows, length), values).view(kv_heads, groups, rows, width))


def seen_blocks(
    blocks: torch.Tensor,  # [entries]
    owners: torch.Tensor,  # [entries] row that sees each block
    ends: torch.Tensor,  # [entries] positions of the row's sequence from the block's first one on
    counts: torch.Tensor,  # [rows] blocks of each row
    block: int,
    window: int,
) -> Tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Those of the blocks, their owners, counts and ends that single rows see through a window. An even number of blocks, as they come:
    one that nobody sees may be the last."""
    if window > 0:
        kept = torch.nonzero(ends - block < window).squeeze(1)
        blocks, owners, ends = blocks.index_select(0, kept), owners.index_select(0, kept), ends.index_select(0, kept)
        if blocks.size(0) % 2 == 1:
            none = torch.zeros_like(blocks.narrow(0, 0, 1))
            blocks, ends = torch.cat([blocks, none]), torch.cat([ends, none])
            owners = torch.cat([owners, owners.narrow(0, owners.size(0) - 1, 1)])
        counts = torch.bincount(owners, minlength=counts.size(0))
    return blocks, owners, counts, ends


def elementwise(x: torch.Tensor, tanh: bool) -> torch.Tensor:
    """exp or tanh of a contiguous x in place, 32 numbers at a time in every build: these kernels compute what their vectors leave over, at
    the end and where threads share the work, in another way. A part is too short to be shared."""
    flat = x.view(-1)
    part = 16384
    for first in range(0, flat.size(0), part):
        some = flat.narrow(0, first, min(part, flat.size(0) - first))
        if tanh:
            some.tanh_()
        else:
            some.exp_()
    return x


def attend_rows(
    q: torch.Tensor,  # [rows, heads, d]: one row of each sequence, and padding
    keys: torch.Tensor,  # [entries, kv_heads, d, block] the blocks that the rows see, row by row
    values: torch.Tensor,  # [entries, kv_heads, block, width]
    owners: torch.Tensor,  # [entries]
    counts: torch.Tensor,  # [rows] blocks of each row
    mask: torch.Tensor,  # [entries * kv_heads, 1, block]
    scale: float,
    soft_cap: float,  # 0: none
    sinks: torch.Tensor,  # [heads], or empty
    out: torch.Tensor,  # [rows, heads, width]
) -> None:
    """All rows at once, whatever their lengths: products and sums of each block alone, then over a row's blocks in order. So bits depend on
    the row's own blocks. The way of two passes: Flash-Decoding (Dao et al., 2023)."""
    entries, kv_heads, block = keys.size(0), keys.size(1), keys.size(3)
    heads, width = q.size(1), values.size(3)
    groups = heads // kv_heads
    queries = q.index_select(0, owners).view(entries * kv_heads, groups, q.size(2))
    across = keys.view(entries * kv_heads, q.size(2), block)
    if soft_cap > 0:
        scores = torch.bmm(queries, across).mul_(scale / soft_cap)
        scores = elementwise(scores, True).mul_(soft_cap).add_(mask)
    else:
        scores = torch.baddbmm(mask, queries, across, alpha=scale)
    scores = scores.view(entries, kv_heads, groups, block)
    most = torch.segment_reduce(scores.amax(-1).view(entries, heads), "max", lengths=counts, axis=0, unsafe=True)
    if sinks.numel() > 0:
        most = torch.maximum(most, sinks)
    e = elementwise(scores.sub_(most.index_select(0, owners).view(entries, kv_heads, groups, 1)), False)
    total = torch.segment_reduce(e.sum(-1).view(entries, heads), "sum", lengths=counts, axis=0, unsafe=True)
    if sinks.numel() > 0:
        total = total + (sinks - most).exp()
    parts = torch.bmm(e.view(entries * kv_heads, groups, block), values.reshape(entries * kv_heads, block, width))
    y = torch.segment_reduce(parts.view(entries, heads * width), "sum", lengths=counts, axis=0, unsafe=True)
    torch.div(y.view(-1, heads, width), total.unsqueeze(2), out=out)
