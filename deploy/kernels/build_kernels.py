#!/usr/bin/env python3
"""Rebuilds the TorchScript kernels from the Python sources beside them.

    pip install torch==2.7.1 && python3 deploy/kernels/build_kernels.py

Each archive carries the SHA-256 of its source (extra/source.sha256); a test of each module compares them, so a source that was
changed without a rebuild fails the build. torch 2.7.1 is the version of the libtorch that runs them.
"""

import hashlib
import importlib.util
import os
import pathlib

import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
KERNELS = {
    "expert-node/src/main/resources/io/ennead/expert/engine/swiglu_experts.py": "SwigluExperts",
    "router-node/src/main/resources/io/ennead/router/model/decoder.py": "Decoder",
}


def build(source: pathlib.Path, name: str) -> None:
    spec = importlib.util.spec_from_file_location(source.stem, source)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    scripted = torch.jit.script(getattr(module, name)())
    target = source.with_suffix(".pt")
    torch.jit.save(scripted, str(target), _extra_files={"source.sha256": digest})
    print(target, target.stat().st_size, "bytes")


if __name__ == "__main__":
    os.chdir(ROOT)  # archives record the source's path: keep it relative
    for path, name in KERNELS.items():
        build(pathlib.Path(path), name)
