"""Triton's own client against a cluster: kserve_tritonclient.py ADDRESS ROOT. See kserve.sh."""

import asyncio
import json
import queue
import subprocess
import sys
import time

import numpy as np
import tritonclient.grpc as triton
import tritonclient.grpc.aio as aio
from checks import Checks, equal, holds
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException
from weights import Weights, moe_layer

ADDRESS, ROOT = sys.argv[1:]
PROMPT = "Once upon a time there was a poor woodcutter"
TOKENS = 24
client = triton.InferenceServerClient(ADDRESS)
checks = Checks("tritonclient " + triton.__name__)
MODEL = client.get_model_repository_index().models[0].name
weights = Weights(f"{ROOT}/deploy/models/demo")
rng = np.random.default_rng(7)
hidden = rng.standard_normal((40, 192)).astype(np.float32)


def tensor(name, datatype, array):
    made = triton.InferInput(name, list(array.shape), datatype)
    made.set_data_from_numpy(array)
    return made


def text(value):
    return np.array([value.encode()], dtype=object)


def flag(name):
    return tensor(name, "BOOL", np.array([True]))


def prompt(value=PROMPT):
    return tensor("text_input", "BYTES", text(value))


def outputs(*names):
    return [triton.InferRequestedOutput(name) for name in names]


def infer(*more, parameters=None, model=MODEL, **options):
    given = {"temperature": 0, "max_tokens": TOKENS, **(parameters or {})}
    return client.infer(model, [prompt(), *more], parameters=given, **options)


def texts(result, name="text_output"):
    return [each.decode() for each in result.as_numpy(name).reshape(-1)]


def stream(*requests, cancel_after=None):
    """Sends requests on one stream; gives (result, error) as they come, until each is complete."""
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    for request in requests:
        client.async_stream_infer(**{"model_name": MODEL, "enable_empty_final_response": True, **request})
    got, left = [], len(requests)
    while left and (cancel_after is None or len(got) < cancel_after):
        result, error = answers.get(timeout=60)
        got.append((result, error))
        left -= bool(error) or result.get_response().parameters["triton_final_response"].bool_param
    client.stop_stream(cancel_requests=cancel_after is not None)
    return got


def streaming(request_id, parameters):
    return {
        "inputs": [prompt(), flag("stream")],
        "request_id": request_id,
        "parameters": {"max_tokens": TOKENS, **parameters},
    }


def refused(call, code, *words):
    try:
        call()
    except InferenceServerException as error:
        holds(error.status() == "StatusCode." + code, f"{error} has code {code}")
        for word in words:
            holds(word in str(error.message()), f"{error.message()!r} contains {word!r}")
        return f"{code}: {error.message()}"
    raise AssertionError(f"no error (expected: {code})")


def statistics(model=MODEL):
    return client.get_inference_statistics(model).model_stats[0]


def health():
    holds(client.is_server_live() and client.is_server_ready(), "live and ready")
    holds(client.is_model_ready(MODEL) and client.is_model_ready(MODEL, "1"), "the model is ready")
    holds(not client.is_model_ready("other") and not client.is_model_ready(MODEL, "9"), "others are not")
    return "live, ready; another model and another version are not"


def describes():
    server = client.get_server_metadata()
    names = [model.name for model in client.get_model_repository_index().models]
    equal(names[1:], [f"moe_layer_{layer}" for layer in range(4)])
    metadata = client.get_model_metadata(MODEL)
    config = client.get_model_config(MODEL).config
    equal([each.name for each in metadata.inputs], [each.name for each in config.input])
    holds(config.model_transaction_policy.decoupled, "text is decoupled")
    layer = client.get_model_metadata("moe_layer_2", as_json=True)
    equal(layer["inputs"][0], {"name": "hidden_states", "datatype": "FP32", "shape": ["-1", "192"]})
    return f"{server.name} {server.version}, {names}, {len(metadata.inputs)} inputs, {len(metadata.outputs)} outputs"


def like_the_command():
    """The same tokens as by Ennead's own API."""
    command = [f"{ROOT}/ennead", "generate", "--addr", ADDRESS, "--prompt", PROMPT, "--temperature", "0"]
    spoken = subprocess.run(command + ["--max-tokens", str(TOKENS)], capture_output=True, text=True, check=True).stdout
    answer = texts(infer(parameters={"exclude_input_in_output": True}))[0]
    holds(spoken.startswith(answer), f"{spoken!r} begins with {answer!r}")
    equal(texts(infer())[0], PROMPT + answer)
    return repr(answer[:40])


def every_output():
    names = ["text_output", "finish_reason", "cumulative_logprob", "logprobs", "num_input_tokens", "num_output_tokens",
             "output_ids", "sequence_length", "cum_log_probs", "output_log_probs", "effective_seed", "routing_summary",
             "expert_load"]
    result = infer(outputs=outputs(*names), parameters={"n": 2, "temperature": 0.8, "seed": 5, "logprobs": 3})
    prompt_tokens = int(result.as_numpy("num_input_tokens")[0])
    generated = result.as_numpy("num_output_tokens")
    equal(result.as_numpy("sequence_length").tolist(), (generated + prompt_tokens).tolist())
    equal(result.as_numpy("effective_seed").tolist(), [5, 6])
    logprobs = result.as_numpy("output_log_probs")
    holds(np.allclose(logprobs.sum(axis=1), result.as_numpy("cumulative_logprob"), atol=1e-4), "log-probabilities add up")
    equal(len(json.loads(texts(result, "logprobs")[0])), int(generated[0]))
    load = result.as_numpy("expert_load")
    equal(load.shape, (2, 4, 8))
    holds(np.allclose(load.sum(axis=2), 2), "two experts per token")
    summary = json.loads(texts(result, "routing_summary")[1])
    holds(np.allclose(np.array(summary[3]["expert_tokens"]) / summary[3]["tokens"], load[1, 3]), "load is the summary's")
    equal(set(texts(result, "finish_reason")) <= {"stop", "length"}, True)
    return f"{len(names)} outputs of 2 continuations, load {load.shape}"


def options_everywhere():
    """Tensors, parameters and JSON say the same."""
    by_parameters = infer(parameters={"temperature": 0.5, "top_k": 40, "seed": 11, "stop": "woman"})
    json_options = text(json.dumps({"temperature": 0.5, "top_k": 40, "seed": 11, "stop": ["woman"], "max_tokens": TOKENS}))
    by_json = client.infer(MODEL, [prompt(), tensor("sampling_parameters", "BYTES", json_options)])
    by_tensors = client.infer(MODEL, [
        prompt(), tensor("temperature", "FP32", np.array([0.5], np.float32)), tensor("top_k", "INT32", np.array([[40]], np.int32)),
        tensor("random_seed", "UINT64", np.array([11], np.uint64)), tensor("stop_words", "BYTES", text("woman")),
        tensor("request_output_len", "INT32", np.array([TOKENS], np.int32))])
    by_text = infer(parameters={"temperature": "0.5", "top_k": "40", "seed": "11", "stop": "woman"})
    return repr(equal({texts(each)[0] for each in (by_parameters, by_json, by_tensors, by_text)}, {texts(by_json)[0]}).pop()[-30:])


def token_ids():
    whole = infer(outputs=outputs("output_ids", "num_input_tokens"))
    ids, count = whole.as_numpy("output_ids")[0], int(whole.as_numpy("num_input_tokens")[0])
    given = [tensor("input_ids", "INT32", ids[None, :count]), tensor("input_lengths", "INT32", np.array([[count]], np.int32)),
             tensor("request_output_len", "INT32", np.array([[TOKENS]], np.int32))]
    result = client.infer(MODEL, given, parameters={"temperature": 0})
    equal(result.as_numpy("output_ids")[0].tolist(), ids.tolist())
    return f"{count} ids in, {int(result.as_numpy('sequence_length')[0])} out"


def typed_contents():
    """Typed lists, as KServe's clients send them: the answer is typed too."""
    stub = service_pb2_grpc.GRPCInferenceServiceStub(client._channel)
    request = service_pb2.ModelInferRequest(model_name=MODEL, id="typed")
    given = request.inputs.add(name="text_input", datatype="BYTES", shape=[1])
    given.contents.bytes_contents.append(PROMPT.encode())
    request.parameters["max_tokens"].int64_param = TOKENS
    request.parameters["temperature"].double_param = 0
    response = stub.ModelInfer(request)
    equal((response.id, len(response.raw_output_contents)), ("typed", 0))
    return repr(equal(response.outputs[0].contents.bytes_contents[0].decode(), texts(infer())[0])[-30:])


def streams_deltas():
    got = stream(streaming("s", {"temperature": 0}))
    pieces = [texts(result)[0] for result, error in got]
    equal(PROMPT + "".join(pieces), texts(infer())[0])
    holds(len(pieces) > TOKENS / 2, "the text comes in pieces")
    flags = [result.get_response().parameters["triton_final_response"].bool_param for result, error in got]
    equal(flags, [False] * (len(flags) - 1) + [True])
    return f"{len(pieces)} responses, the last says so"


def several_on_a_stream():
    got = stream(*(streaming(str(seed), {"temperature": 0.9, "seed": seed}) for seed in range(5)))
    for seed in range(5):
        mine = "".join(texts(result)[0] for result, error in got if result.get_response().id == str(seed))
        equal(PROMPT + mine, texts(infer(parameters={"temperature": 0.9, "seed": seed}))[0])
    return f"5 requests, {len(got)} responses, each text that of its seed"


def stream_goes_on():
    got = stream(streaming("1", {"top_p": 7.0}), streaming("2", {"temperature": 0}), {"model_name": "other", "inputs": [prompt()], "request_id": "3"})
    errors = {error.message() for result, error in got if error}
    equal(len(errors), 2)
    equal(PROMPT + "".join(texts(result)[0] for result, error in got if not error), texts(infer())[0])
    return "; ".join(sorted(errors))


def routing():
    cold = infer(outputs=outputs("expert_load"), parameters={"routing_temperature": 0}).as_numpy("expert_load")
    holds(np.allclose(cold.sum(axis=2), 1), "temperature 0 runs one expert per token")
    one = infer(parameters={"routing_temperature": 1.0})
    equal(texts(one), texts(infer()))
    three = infer(outputs=outputs("expert_load"), parameters={"experts_per_token": 3, "excluded_experts": "[7]"}).as_numpy("expert_load")
    holds(np.allclose(three.sum(axis=2), 3) and not three[:, :, 7].any(), "three of seven experts")
    return "T=0: one expert per token; T=1: the same text; 3 of 7 experts"


def layer(number, rows, datatype, parameters=None, tolerance=1e-5):
    given = triton.InferInput("hidden_states", list(rows.shape), datatype)
    given.set_data_from_numpy(rows)
    result = client.infer(f"moe_layer_{number}", [given], outputs=outputs("output", "expert_ids", "expert_weights"), parameters=parameters)
    temperature = (parameters or {}).get("routing_temperature", 1.0)
    expected, ids, shares = moe_layer(weights, number, rows, temperature)
    actual = result.as_numpy("output").astype(np.float64)
    equal(result.as_numpy("expert_ids").tolist(), ids.tolist())
    holds(np.allclose(result.as_numpy("expert_weights"), shares, atol=1e-5), "weights")
    error = np.linalg.norm(actual - expected) / np.linalg.norm(expected)
    holds(error < tolerance, f"relative error {error:.1e} < {tolerance:.0e}")
    return f"{rows.shape} {datatype}, relative error {error:.1e}"


def layers():
    return "; ".join(layer(number, hidden, "FP32") for number in range(4))


def layer_options():
    return layer(2, hidden, "FP32", {"routing_temperature": 0.5, "phase": "decode"})


def layer_half():
    half = layer(1, hidden.astype(np.float16), "FP16", tolerance=1e-3)
    # The client cuts float32 to bfloat16; these rows have nothing to cut.
    rows = (hidden.view(np.uint32) & 0xFFFF0000).view(np.float32)
    return half + "; " + layer(1, rows, "BF16", tolerance=1e-2)


def bad_requests():
    cases = [
        (lambda: infer(model="other"), "NOT_FOUND", "other", MODEL),
        (lambda: infer(model_version="3"), "NOT_FOUND", "version 3"),
        (lambda: infer(tensor("image", "BYTES", text("x"))), "INVALID_ARGUMENT", "inputs: image"),
        (lambda: infer(parameters={"best_of": 3}), "INVALID_ARGUMENT", "parameters: best_of"),
        (lambda: infer(parameters={"max_tokens": 100000}), "INVALID_ARGUMENT", "max_tokens: 100000"),
        (lambda: infer(tensor("seed", "FP32", np.array([1], np.float32))), "INVALID_ARGUMENT", "seed.datatype: FP32"),
        (lambda: infer(flag("stream")), "INVALID_ARGUMENT", "stream: true", "ModelStreamInfer"),
        (lambda: infer(outputs=outputs("embedding")), "INVALID_ARGUMENT", "outputs: embedding"),
        (lambda: infer(sequence_id=5), "INVALID_ARGUMENT", "sequence_"),
        (lambda: infer(priority=9), "INVALID_ARGUMENT", "priority: 9"),
        (lambda: client.infer(MODEL, [tensor("text_input", "BYTES", np.array([b"a", b"b"], dtype=object))]), "INVALID_ARGUMENT", "text_input.shape: [2]"),
        (lambda: client.infer("moe_layer_0", [tensor("hidden_states", "FP32", np.zeros((1, 10), np.float32))]), "INVALID_ARGUMENT", "hidden_states.shape"),
        (lambda: client.infer("moe_layer_0", [tensor("hidden_states", "FP32", np.full((1, 192), np.nan, np.float32))]), "INVALID_ARGUMENT", "NaN"),
    ]
    for case in cases:
        refused(*case)
    infer()
    return f"{len(cases)} refused by name, and the next call succeeds"


def unserved():
    refused(lambda: client.register_system_shared_memory("x", "/x", 8), "UNIMPLEMENTED", "SystemSharedMemoryRegister")
    refused(client.get_cuda_shared_memory_status, "UNIMPLEMENTED", "CudaSharedMemoryStatus")
    refused(client.get_log_settings, "UNIMPLEMENTED", "LogSettings")
    refused(client.get_trace_settings, "UNIMPLEMENTED", "TraceSetting")
    return refused(lambda: client.load_model("x"), "UNIMPLEMENTED", "RepositoryModelLoad")


def until(condition, what):
    end = time.monotonic() + 30
    while not condition():
        holds(time.monotonic() < end, what)
        time.sleep(0.05)


def cancels():
    before = statistics().inference_stats.fail.count
    got = stream(streaming("c", {"max_tokens": 900, "ignore_eos": True}), cancel_after=3)
    until(lambda: statistics().inference_stats.fail.count == before + 1, "a cancelled stream ends its generation")
    running = client.async_infer(MODEL, [prompt()], lambda result, error: None, parameters={"max_tokens": 900, "ignore_eos": True})
    time.sleep(0.5)  # it has begun, and takes seconds
    running.cancel()
    until(lambda: statistics().inference_stats.fail.count == before + 2, "a cancelled call ends its generation")
    return f"a stream after {len(got)} responses, and a call; the server counted both"


def deadlines():
    long = {"max_tokens": 900, "ignore_eos": True}
    by_server = refused(lambda: infer(parameters=long, timeout=50_000), "DEADLINE_EXCEEDED")
    by_client = refused(lambda: infer(parameters=long, client_timeout=0.05), "DEADLINE_EXCEEDED")
    return by_server + "; " + by_client


def counts():
    before, layer_before = statistics(), statistics("moe_layer_3")
    for _ in range(3):
        infer()
    refused(lambda: infer(parameters={"n": -1}), "INVALID_ARGUMENT", "n: -1")
    layer(3, hidden, "FP32")
    after, stats = statistics(), statistics().inference_stats
    equal(after.inference_count - before.inference_count, 3)
    equal(stats.fail.count - before.inference_stats.fail.count, 1)
    equal(statistics("moe_layer_3").inference_count - layer_before.inference_count, 1)
    parts = stats.queue.ns + stats.compute_input.ns + stats.compute_infer.ns + stats.compute_output.ns
    holds(abs(parts - stats.success.ns) <= 0.01 * stats.success.ns, "the parts add up to the whole")
    return f"success {stats.success.count}, fail {stats.fail.count}, {stats.compute_infer.ns / stats.success.count / 1e6:.0f} ms each"


def asynchronous():
    async def run():
        async with aio.InferenceServerClient(ADDRESS) as other:
            async def requests():
                for number in range(3):
                    yield {"model_name": MODEL, "inputs": [prompt(), flag("stream")], "request_id": str(number),
                           "parameters": {"temperature": 0, "max_tokens": TOKENS}}

            spoken = {}
            async for result, error in other.stream_infer(requests()):
                holds(error is None, f"no error: {error}")
                spoken.setdefault(result.get_response().id, []).append(texts(result)[0])
            return spoken

    spoken = asyncio.run(run())
    equal({PROMPT + "".join(pieces) for pieces in spoken.values()}, {texts(infer())[0]})
    return f"{len(spoken)} requests over asyncio"


for name, check in [
    ("ServerLive, ServerReady, ModelReady", health),
    ("metadata, config, index", describes),
    ("ModelInfer: as InferenceService", like_the_command),
    ("every output", every_output),
    ("options as tensors, parameters, JSON, text", options_everywhere),
    ("token ids in and out", token_ids),
    ("typed contents", typed_contents),
    ("ModelStreamInfer: deltas", streams_deltas),
    ("several requests on a stream", several_on_a_stream),
    ("a failure does not end the stream", stream_goes_on),
    ("asyncio client", asynchronous),
    ("routing options", routing),
    ("moe_layer_N against numpy", layers),
    ("moe_layer_N: temperature, decode", layer_options),
    ("moe_layer_N: FP16, BF16", layer_half),
    ("bad requests", bad_requests),
    ("methods not served", unserved),
    ("cancellation", cancels),
    ("timeout, client_timeout", deadlines),
    ("ModelStatistics", counts),
]:
    checks.run(name, check)
checks.end()
