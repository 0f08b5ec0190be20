#!/usr/bin/env python3
"""Rebuilds the TorchScript kernels from the Python sources beside them.

    pip install torch==2.7.1 && python3 deploy/kernels/build_kernels.py

Each archive carries the SHA-256 of its sources, one after the other (extra/source.sha256); a test of each module compares them, so a
source that was changed without a rebuild fails the build. torch 2.7.1 is the version of the libtorch that runs them.
"""

import hashlib
import importlib
import os
import pathlib
import sys

import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
ENGINE = "expert-node/src/main/resources/io/ennead/expert/engine"
MODEL = "router-node/src/main/resources/io/ennead/router/model"
# archive -> class and arguments, its source, then the sources that it imports
DECODER = [f"{MODEL}/decoder.py", f"{MODEL}/attention.py", f"{ENGINE}/gated.py"]
KERNELS = {
    "gated_experts": ("GatedExperts", [], [f"{ENGINE}/gated_experts.py", f"{ENGINE}/gated.py"]),
    "packed_experts": ("PackedExperts", [], [f"{ENGINE}/packed_experts.py", f"{ENGINE}/gated.py"]),
    "machine_limits": ("MachineLimits", [], [f"{ENGINE}/machine_limits.py"]),
    "decoder": ("Decoder", [False], DECODER),
    "packed_decoder": ("Decoder", [True], DECODER),
}


def build(archive: str, name: str, arguments: list, sources: list) -> None:
    paths = [pathlib.Path(source) for source in sources]
    module = importlib.import_module(paths[0].stem)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    scripted = torch.jit.script(getattr(module, name)(*arguments))
    target = paths[0].with_name(archive + ".pt")
    torch.jit.save(scripted, str(target), _extra_files={"source.sha256": digest})
    print(target, target.stat().st_size, "bytes")


if __name__ == "__main__":
    os.chdir(ROOT)  # archives record the sources' paths: keep them relative
    sys.path[:0] = [ENGINE, MODEL]
    sys.dont_write_bytecode = True
    for kernel, parts in KERNELS.items():
        build(kernel, *parts)
