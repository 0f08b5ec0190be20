#!/usr/bin/env python3
"""Decode and prefill rates of llama.cpp on a model directory, on processors: a peer of `against.sh`.

    pip install torch transformers sentencepiece && python3 llama_cpp_peer.py MODEL [--threads 2] [--dtype f32] [--streams 1,8,32]

One line a figure: `decode STREAMS TOKENS_PER_SECOND` and `prefill 1 TOKENS_PER_SECOND`, by llama.cpp's own `llama-batched-bench`: every row its
own prompt of random tokens, rows advance together, nothing is sampled. The first run gets the sources (those in llama-cpp-python's source
distribution), builds them (CMake, a C++ compiler; some minutes), converts the model, and compares a greedy continuation with transformers.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
RELEASE = "llama-cpp-python==0.3.36"
PROMPT = "Once upon a time"
CHECKED_TOKENS = 32
BENCH, SIMPLE = "llama-batched-bench", "llama-simple"
# The converter refuses a tokenizer that it does not know; the demo model's is byte-level BPE with GPT-2's pattern.
CONVERT = """
import runpy, sys
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/gguf-py"]
from conversion.base import TextModel
known = TextModel.get_vocab_base_pre
def pre(self, tokenizer):
    try:
        return known(self, tokenizer)
    except NotImplementedError:
        return "gpt-2"
TextModel.get_vocab_base_pre = pre
sys.argv = ["convert_hf_to_gguf.py", *sys.argv[2:]]
runpy.run_path("%s/convert_hf_to_gguf.py" % sys.path[0], run_name="__main__")
"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtype", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--streams", default="1,8,32")
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--prompt-tokens", type=int, default=16)
    parser.add_argument("--prefill-tokens", type=int, default=512)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--sources", type=pathlib.Path, default=os.environ.get("LLAMA_CPP"), help="llama.cpp's directory, built in its build/")
    parser.add_argument("--work", type=pathlib.Path, default=HERE.parent / "target" / "llama.cpp", help="where models and sources go")
    return parser.parse_args()


def run(*command) -> str:
    """What a command writes to its standard output; all it wrote goes to ours when it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\n{done.stderr}\nllama_cpp_peer: failed: {command[0]}")
    return done.stdout


def sources(work: pathlib.Path) -> pathlib.Path:
    found = list(work.glob("llama_cpp_python-*/vendor/llama.cpp"))
    if not found:
        run(sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", "llama-cpp-python", "--dest", work, RELEASE)
        with tarfile.open(next(work.glob("*.tar.gz"))) as archive:
            archive.extractall(work, filter="data")
        found = list(work.glob("llama_cpp_python-*/vendor/llama.cpp"))
    return found[0]


def build(source: pathlib.Path) -> pathlib.Path:
    binaries = source / "build" / "bin"
    if not (binaries / BENCH).exists():
        flags = ["CMAKE_BUILD_TYPE=Release", "GGML_NATIVE=ON", "LLAMA_BUILD_SERVER=OFF", "LLAMA_BUILD_TESTS=OFF", "LLAMA_BUILD_EXAMPLES=ON", "LLAMA_OPENSSL=OFF"]
        run("cmake", "-S", source, "-B", source / "build", *[f"-D{flag}" for flag in flags])
        run("cmake", "--build", source / "build", "--parallel", "--target", BENCH, SIMPLE)
    return binaries


def convert(options: argparse.Namespace, source: pathlib.Path, binaries: pathlib.Path) -> pathlib.Path:
    file = options.work / f"{options.model.resolve().name}-{options.dtype}.gguf"
    if not file.exists():
        unchecked = file.with_suffix(".unchecked")
        run(sys.executable, "-c", CONVERT, source, options.model, "--outtype", options.dtype, "--outfile", unchecked)
        check(options, binaries, unchecked)
        unchecked.rename(file)
    return file


def check(options: argparse.Namespace, binaries: pathlib.Path, file: pathlib.Path) -> None:
    """The same greedy text as transformers: speed of wrong weights would say nothing."""
    text = run(binaries / SIMPLE, "-m", file, "-n", CHECKED_TOKENS, PROMPT)
    expected = reference(options)
    if expected not in text:
        sys.exit(f"llama_cpp_peer: llama.cpp continues with {text!r}, transformers with {expected!r}")


def reference(options: argparse.Namespace) -> str:
    import torch
    import transformers

    model = transformers.AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32)
    tokenizer = transformers.AutoTokenizer.from_pretrained(options.model)
    ids = tokenizer(PROMPT, return_tensors="pt", return_token_type_ids=False)
    out = model.generate(**ids, do_sample=False, min_new_tokens=CHECKED_TOKENS, max_new_tokens=CHECKED_TOKENS)
    return tokenizer.decode(out[0, ids["input_ids"].shape[1] :])


def measure(options: argparse.Namespace, binaries: pathlib.Path, file: pathlib.Path, prompt: int, tokens: int, streams: int) -> list[dict]:
    """One result a repetition, after one that does not count."""
    room = streams * max(256, prompt + tokens)
    rows = ",".join([str(streams)] * (1 + options.repetitions))
    out = run(
        binaries / BENCH, "-m", file, "-t", options.threads, "-tb", options.threads, "-c", room,
        "-npp", prompt, "-ntg", tokens, "-npl", rows, "--output-format", "jsonl",
    )  # fmt: skip
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")][1:]


def main() -> None:
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    source = options.sources or sources(options.work)
    binaries = build(source)
    file = convert(options, source, binaries)
    print(f"# llama.cpp of {source.parent.parent.name}, {options.threads} threads, {options.dtype}")
    for streams in map(int, options.streams.split(",")):
        results = measure(options, binaries, file, options.prompt_tokens, options.tokens, streams)
        print(f"decode {streams} {statistics.median(one['speed_tg'] for one in results):.1f}")
    results = measure(options, binaries, file, options.prefill_tokens, 1, 1)
    print(f"prefill 1 {statistics.median(one['speed_pp'] for one in results):.1f}")


if __name__ == "__main__":
    main()
