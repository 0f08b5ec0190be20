"""One Mixture-of-Experts layer of a Mixtral checkpoint in numpy, in float64."""

import json
import pathlib
import struct

import numpy as np


class Weights:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        index = json.loads((self.directory / "model.safetensors.index.json").read_text())
        self.files = index["weight_map"]

    def __call__(self, name):
        path = self.directory / self.files[name]
        with path.open("rb") as file:
            length = struct.unpack("<Q", file.read(8))[0]
            entry = json.loads(file.read(length))[name]
            begin, end = entry["data_offsets"]
            file.seek(8 + length + begin)
            data = file.read(end - begin)
        if entry["dtype"] != "BF16":
            raise ValueError(f"{name}: {entry['dtype']} (expected: BF16)")
        upper = np.frombuffer(data, np.uint16).astype(np.uint32) << 16
        return upper.view(np.float32).astype(np.float64).reshape(entry["shape"])


def moe_layer(weights, layer, rows, temperature=1.0, k=2):
    """softmax(l / T) over the k best experts, times w2(silu(w1 x) * w3 x): the sum, the ids and the weights."""
    prefix = f"model.layers.{layer}.block_sparse_moe."
    rows = rows.astype(np.float64)
    logits = rows @ weights(prefix + "gate.weight").T
    ids = np.argsort(-logits, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(logits, ids, axis=1)
    shares = np.exp((best - best[:, :1]) / temperature)
    shares /= shares.sum(axis=1, keepdims=True)
    output = np.zeros_like(rows)
    for expert in np.unique(ids):
        w1, w2, w3 = (weights(f"{prefix}experts.{expert}.{name}.weight") for name in ("w1", "w2", "w3"))
        gated = rows @ w1.T
        outputs = (gated / (1 + np.exp(-gated)) * (rows @ w3.T)) @ w2.T
        output += outputs * (shares * (ids == expert)).sum(axis=1)[:, None]
    return output, ids, shares
