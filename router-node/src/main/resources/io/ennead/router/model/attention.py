"""Attention over keys and values in the blocks of the caches, of whole spans and of single rows; rotary embedding; what is seen."""

from typing import Tuple

import torch


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
    turned = part * cos + part.roll(turning // 2, 2) * sin
    if x.size(2) == turning:
        return turned
    return torch.cat([turned, x.narrow(2, turning, x.size(2) - turning)], dim=2)


def visible(rows: int, length: int, window: int, first: int, device: torch.device) -> torch.Tensor:
    """The mask [rows, keys] of the last `rows` of `length` positions over the keys from `first` on: a position sees itself and what is
    before it, `window` positions in all (0: no limit). Empty where every row sees every key."""
    if rows == 1:
        return torch.empty(0)
    at = torch.arange(length - rows, length, device=device).unsqueeze(1)
    key = torch.arange(first, length, device=device).unsqueeze(0)
    hidden = key > at
    if window > 0:
        hidden = hidden | (key <= at - window)
    return torch.zeros([rows, length - first], device=device).masked_fill(hidden, float("-inf"))


def span_keys(cache: torch.Tensor, blocks: torch.Tensor, skipped: int, count: int) -> torch.Tensor:
    """`count` positions of some blocks of a cache [blocks, kv_heads, d, block], after the first `skipped`: [kv_heads, d, count] f32."""
    taken = cache.index_select(0, blocks).permute(1, 2, 0, 3)
    return taken.reshape(taken.size(0), taken.size(1), -1).narrow(2, skipped, count).float()


def span_values(cache: torch.Tensor, blocks: torch.Tensor, skipped: int, count: int) -> torch.Tensor:
    """The same of a cache [blocks, kv_heads, block, width]: [kv_heads, count, width] f32."""
    taken = cache.index_select(0, blocks).transpose(0, 1)
    return taken.reshape(taken.size(0), -1, taken.size(3)).narrow(1, skipped, count).float()


def attend_span(
    q: torch.Tensor,  # [rows, heads, d], scaled
    keys: torch.Tensor,  # [kv_heads, d, length]
    values: torch.Tensor,  # [kv_heads, length, width]
    mask: torch.Tensor,  # [rows, length], or empty
    soft_cap: float,  # 0: none
    sinks: torch.Tensor,  # [heads], or empty
) -> torch.Tensor:  # [rows, heads, width]
    rows, heads, d = q.size(0), q.size(1), q.size(2)
    kv_heads = keys.size(0)
    groups = heads // kv_heads
    length = keys.size(2)
    queries = q.view(rows, kv_heads, groups, d).permute(1, 2, 0, 3).reshape(kv_heads, groups * rows, d)
    scores = torch.bmm(queries, keys)
    if soft_cap > 0:
        scores = soft_cap * torch.tanh(scores / soft_cap)
    if mask.numel() > 0:
        scores = (scores.view(kv_heads, groups, rows, length) + mask).view(kv_heads, groups * rows, length)
    if sinks.numel() > 0:
        sink = sinks.view(kv_heads, groups, 1).expand(kv_heads, groups, rows).reshape(kv_heads, groups * rows, 1)
        most = torch.maximum(scores.amax(-1, keepdim=True), sink)
        e = torch.exp(scores - most)
        shares = e / (e.sum(-1, keepdim=True) + torch.exp(sink - most))
    else:
        shares = scores.softmax(-1)
    y = torch.bmm(shares, values)
    return y.view(kv_heads, groups, rows, values.size(2)).permute(2, 0, 1, 3).reshape(rows, heads, values.size(2))


def seen_blocks(
    blocks: torch.Tensor,  # [entries]
    owners: torch.Tensor,  # [entries] row that sees each block
    starts: torch.Tensor,  # [entries] position of each block's first key
    lengths: torch.Tensor,  # [rows] positions of each row's sequence, its own the last
    block: int,
    window: int,
) -> Tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """What single rows see: blocks, their owners, how many each row has, and the mask [entries, 1, 1, block]. An even number of blocks:
    one that nobody sees may come last."""
    if window > 0:
        kept = torch.nonzero(starts + block > lengths.index_select(0, owners) - window).squeeze(1)
        blocks, owners, starts = blocks.index_select(0, kept), owners.index_select(0, kept), starts.index_select(0, kept)
    if blocks.size(0) % 2 == 1:
        blocks = torch.cat([blocks, torch.zeros_like(blocks.narrow(0, 0, 1))])
        owners = torch.cat([owners, owners.narrow(0, owners.size(0) - 1, 1)])
        starts = torch.cat([starts, lengths.amax().unsqueeze(0)])
    at = starts.unsqueeze(1) + torch.arange(block, device=starts.device)
    length = lengths.index_select(0, owners).unsqueeze(1)
    hidden = at >= length
    if window > 0:
        hidden = hidden | (at < length - window)
    mask = torch.zeros(at.size(), device=starts.device).masked_fill(hidden, float("-inf"))
    return blocks, owners, torch.bincount(owners, minlength=lengths.size(0)), mask.view(-1, 1, 1, block)


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
    q: torch.Tensor,  # [rows, heads, d], scaled: one row of each sequence
    keys: torch.Tensor,  # [entries, kv_heads, d, block] the blocks that the rows see, row by row
    values: torch.Tensor,  # [entries, kv_heads, block, width]
    owners: torch.Tensor,  # [entries]
    counts: torch.Tensor,  # [rows] blocks of each row
    mask: torch.Tensor,  # [entries, 1, 1, block]
    soft_cap: float,  # 0: none
    sinks: torch.Tensor,  # [heads], or empty
) -> torch.Tensor:  # [rows, heads, width]
    """All rows at once, whatever their lengths: products and sums of each block alone, then over a row's blocks in order. So bits depend on
    the row's own blocks. The way of two passes: Flash-Decoding (Dao et al., 2023)."""
    entries, kv_heads, block = keys.size(0), keys.size(1), keys.size(3)
    heads, width = q.size(1), values.size(3)
    groups = heads // kv_heads
    queries = q.index_select(0, owners).view(entries * kv_heads, groups, q.size(2))
    scores = torch.bmm(queries, keys.view(entries * kv_heads, q.size(2), block)).view(entries, kv_heads, groups, block)
    if soft_cap > 0:
        scores = soft_cap * elementwise(scores / soft_cap, True)
    scores.add_(mask)
    most = torch.segment_reduce(scores.amax(-1).view(entries, heads), "max", lengths=counts, axis=0, unsafe=True)
    if sinks.numel() > 0:
        most = torch.maximum(most, sinks)
    e = elementwise(scores.sub_(most.index_select(0, owners).view(entries, kv_heads, groups, 1)), False)
    total = torch.segment_reduce(e.sum(-1).view(entries, heads), "sum", lengths=counts, axis=0, unsafe=True)
    if sinks.numel() > 0:
        total = total + (sinks - most).exp()
    parts = torch.bmm(e.view(entries * kv_heads, groups, block), values.reshape(entries * kv_heads, block, width))
    y = torch.segment_reduce(parts.view(entries, heads * width), "sum", lengths=counts, axis=0, unsafe=True)
    return y.view(-1, heads, width) / total.unsqueeze(2)
