#!/usr/bin/env python3
"""Time of one Mixture-of-Experts layer by hivemind's `RemoteMixtureOfExperts`: a peer of `against.sh`.

    pip install hivemind torch safetensors && python3 hivemind_peer.py MODEL [--layer 0] [--rows 1,16,64] [--seconds 3]

One line a figure: `layer ROWS CALLS_PER_SECOND`, the median of the calls. The experts are those of a Mixtral checkpoint's layer, in one server
process as the library's quick start has it; the client's gate is the checkpoint's. The output is checked against the same layer computed here.
"""

import argparse
import json
import logging
import os
import pathlib
import statistics
import time

os.environ.setdefault("HIVEMIND_LOGLEVEL", "ERROR")

import hivemind
import torch
from hivemind.moe.server import background_server
from hivemind.moe.server.layers import register_expert_class
from safetensors import safe_open
from torch.nn import functional

TOLERANCE = 1e-4


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--layer", type=int, default=0)
    parser.add_argument("--rows", default="1,16,64")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each number of rows is called, after as long unmeasured")
    parser.add_argument("--threads", type=int, default=2, help="of the server's products and of the client's")
    parser.add_argument("--handlers", type=int, default=8, help="processes of the server that take calls")
    return parser.parse_args()


def read(model: pathlib.Path, name: str) -> torch.Tensor:
    shard = json.loads((model / "model.safetensors.index.json").read_text())["weight_map"][name]
    with safe_open(model / shard, "pt") as tensors:
        return tensors.get_tensor(name).float()


class Expert(torch.nn.Module):
    """The feed-forward network of a Mixtral expert."""

    def __init__(self, model: pathlib.Path, prefix: str):
        super().__init__()
        self.gate, self.down, self.up = (torch.nn.Parameter(read(model, f"{prefix}.w{i}.weight")) for i in (1, 2, 3))

    def forward(self, rows):
        return functional.linear(functional.silu(functional.linear(rows, self.gate)) * functional.linear(rows, self.up), self.down)


def register(model: pathlib.Path, layer: str) -> None:
    """The library makes experts from a width alone, in the order of their ids: the next one made is the next of the layer."""
    ids = iter(range(1 << 20))

    @register_expert_class("mixtral", lambda rows, width: torch.empty(rows, width))
    class NextExpert(Expert):
        def __init__(self, width: int):
            super().__init__(model, f"{layer}.experts.{next(ids)}")


@torch.inference_mode()
def local(experts: list, gate: torch.Tensor, top: int, rows: torch.Tensor) -> torch.Tensor:
    weights, chosen = (rows @ gate.T).topk(top, dim=-1)
    outputs = torch.stack([expert(rows) for expert in experts], dim=1)
    return (outputs.gather(1, chosen[..., None].expand(-1, -1, rows.shape[1])) * weights.softmax(-1)[..., None]).sum(1)


@torch.inference_mode()
def measure(layer, rows: torch.Tensor, seconds: float) -> list[float]:
    times = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        layer(rows)
        times.append(time.perf_counter() - start)
    return times


def main() -> None:
    options = arguments()
    logging.disable(logging.WARNING)
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    prefix = f"model.layers.{options.layer}.block_sparse_moe"
    config = json.loads((options.model / "config.json").read_text())
    gate = read(options.model, f"{prefix}.gate.weight")
    count, width = gate.shape
    register(options.model, prefix)
    uids = [f"expert.{i}" for i in range(count)]
    with background_server(expert_uids=uids, expert_cls="mixtral", hidden_dim=width, num_handlers=options.handlers, optim_cls=None, device="cpu") as server:
        dht = hivemind.DHT(initial_peers=server.addrs, start=True)
        top = config["num_experts_per_tok"]
        layer = hivemind.RemoteMixtureOfExperts(in_features=width, uid_prefix="expert.", grid_size=(count,), dht=dht, k_best=top, k_min=top)
        layer.proj.load_state_dict({"weight": gate, "bias": torch.zeros(count)})
        experts = [Expert(options.model, f"{prefix}.experts.{i}") for i in range(count)]
        print(f"# hivemind {hivemind.__version__}, torch {torch.__version__}, {options.threads} threads, {options.handlers} handlers")
        for rows in map(int, options.rows.split(",")):
            hidden = torch.randn(rows, width)
            with torch.inference_mode():
                difference = (layer(hidden) - local(experts, gate, top, hidden)).abs().max().item()
            if not difference < TOLERANCE:
                raise SystemExit(f"hivemind_peer: the layer's output differs by {difference} from the one computed here")
            measure(layer, hidden, options.seconds)
            print(f"layer {rows} {1 / statistics.median(measure(layer, hidden, options.seconds)):.3f}", flush=True)
        dht.shutdown()


if __name__ == "__main__":
    main()
