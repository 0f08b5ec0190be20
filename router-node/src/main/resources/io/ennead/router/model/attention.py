"""Attention of one span, rows of one sequence, over keys and values taken from the caches; rotary embedding; what a span sees."""

from typing import Tuple

import torch


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, interleaved: bool) -> torch.Tensor:
    """Turns the first 2 * cos.size(-1) dimensions of x [rows, heads, d]. Pairs are (j, j + half), or (2j, 2j + 1) when interleaved;
    interleaved ones come out in halves, in queries and keys alike, which leaves their products as they are."""
    half = cos.size(2)
    if interleaved:
        a = x.slice(2, 0, 2 * half, 2)
        b = x.slice(2, 1, 2 * half, 2)
    else:
        a = x.narrow(2, 0, half)
        b = x.narrow(2, half, half)
    turned = torch.cat([a * cos - b * sin, b * cos + a * sin], dim=2)
    if x.size(2) == 2 * half:
        return turned
    return torch.cat([turned, x.narrow(2, 2 * half, x.size(2) - 2 * half)], dim=2)


def visible(table: torch.Tensor, block: int, rows: int, length: int, window: int) -> Tuple[torch.Tensor, torch.Tensor]:
    """Places in the caches of the keys that any of the last `rows` of `length` positions sees, and the mask [rows, keys]: a position
    sees itself and what is before it, `window` positions in all (0: no limit). The mask is empty where every row sees every key."""
    offsets = torch.arange(block, device=table.device)
    places = (table.unsqueeze(1) * block + offsets).reshape(-1)
    first = 0
    if window > 0:
        first = max(0, length - rows - window + 1)
    places = places.narrow(0, first, length - first)
    if rows == 1:
        return places, torch.empty(0)
    at = torch.arange(length - rows, length, device=table.device).unsqueeze(1)
    key = torch.arange(first, length, device=table.device).unsqueeze(0)
    hidden = key > at
    if window > 0:
        hidden = hidden | (key <= at - window)
    return places, torch.zeros([rows, length - first], device=table.device).masked_fill(hidden, float("-inf"))


def attend_span(
    q: torch.Tensor,  # [rows, heads, d], scaled
    keys: torch.Tensor,  # [length, kv_heads, d]
    values: torch.Tensor,  # [length, kv_heads, width]
    mask: torch.Tensor,  # [rows, length], or empty
    soft_cap: float,  # 0: none
    sinks: torch.Tensor,  # [heads], or empty
) -> torch.Tensor:  # [rows, heads, width]
    rows, heads, d = q.size(0), q.size(1), q.size(2)
    kv_heads = keys.size(1)
    groups = heads // kv_heads
    length = keys.size(0)
    queries = q.view(rows, kv_heads, groups, d).permute(1, 2, 0, 3).reshape(kv_heads, groups * rows, d)
    scores = torch.bmm(queries, keys.permute(1, 2, 0))
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
    y = torch.bmm(shares, values.permute(1, 0, 2))
    return y.view(kv_heads, groups, rows, values.size(2)).permute(2, 0, 1, 3).reshape(rows, heads, values.size(2))
