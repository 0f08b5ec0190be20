#!/usr/bin/env python3
"""Decode and prefill rates of Hugging Face transformers on a model directory: a peer of `against.sh`.

    pip install torch transformers && python3 transformers_peer.py MODEL [--threads 2] [--dtype f32] [--streams 1,8,32]

One line a figure: `decode STREAMS TOKENS_PER_SECOND` and `prefill 1 TOKENS_PER_SECOND`. Every row has its own prompt; rows advance together,
greedily, with the library's own cache. Rates are of the steps after the first, and the best of the library's expert implementations is
taken, so that the comparison does not lean on a bad choice.
"""

import argparse
import statistics
import time

import torch
import transformers


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtype", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--streams", default="1,8,32")
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--prompt-tokens", type=int, default=16)
    parser.add_argument("--prefill-tokens", type=int, default=512)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--experts", default="", help="implementations to try, with commas (default: eager,batched_mm,grouped_mm)")
    return parser.parse_args()


def load(options: argparse.Namespace, experts: str):
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[options.dtype]
    model = transformers.AutoModelForCausalLM.from_pretrained(options.model, dtype=dtype, experts_implementation=experts)
    return model.eval()


@torch.inference_mode()
def decode(model, options: argparse.Namespace, streams: int) -> float:
    ids = torch.randint(2, model.config.vocab_size, [streams, options.prompt_tokens])
    out = model(input_ids=ids, use_cache=True, logits_to_keep=1)
    cache = out.past_key_values
    token = out.logits[:, -1].argmax(-1, keepdim=True)
    start = time.perf_counter()
    for _ in range(options.tokens):
        out = model(input_ids=token, past_key_values=cache, use_cache=True)
        token = out.logits[:, -1].argmax(-1, keepdim=True)
    return streams * options.tokens / (time.perf_counter() - start)


@torch.inference_mode()
def prefill(model, options: argparse.Namespace) -> float:
    ids = torch.randint(2, model.config.vocab_size, [1, options.prefill_tokens])
    start = time.perf_counter()
    model(input_ids=ids, use_cache=True, logits_to_keep=1)
    return options.prefill_tokens / (time.perf_counter() - start)


def median(measure, repetitions: int) -> float:
    measure()  # warm
    return statistics.median(measure() for _ in range(repetitions))


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    best = {}
    for experts in (options.experts or "eager,batched_mm,grouped_mm").split(","):
        try:
            model = load(options, experts)
            rates = {f"decode {n}": median(lambda: decode(model, options, n), options.repetitions) for n in map(int, options.streams.split(","))}
            rates["prefill 1"] = median(lambda: prefill(model, options), options.repetitions)
        except (RuntimeError, ValueError, NotImplementedError) as e:
            print(f"# {experts}: {str(e).splitlines()[0]}")
            continue
        for name, rate in rates.items():
            if rate > best.get(name, (0.0, ""))[0]:
                best[name] = (rate, experts)
    print(f"# transformers {transformers.__version__}, torch {torch.__version__}, {options.threads} threads, {options.dtype}")
    for name, (rate, experts) in best.items():
        print(f"{name} {rate:.1f}  # {experts}")


if __name__ == "__main__":
    main()
