"""KServe's own client against a cluster: kserve_kserve.py ADDRESS ROOT. See kserve.sh."""

import asyncio
import logging
import sys

import grpc
import numpy as np
from checks import Checks, equal, holds
from kserve import InferInput, InferRequest, InferenceGRPCClient
from kserve.protocol.infer_type import RequestedOutput
from weights import Weights, moe_layer

ADDRESS, ROOT = sys.argv[1:]
PROMPT = "Once upon a time there was a poor woodcutter"
logging.disable()  # the client logs every failure
checks = Checks("kserve InferenceGRPCClient")
weights = Weights(f"{ROOT}/deploy/models/demo")


def call(method, *arguments, **options):
    async def run():
        async with InferenceGRPCClient(url=ADDRESS, retries=0) as client:
            return await getattr(client, method)(*arguments, **options)

    return asyncio.run(run())


def prompt(binary):
    tensor = InferInput("text_input", [1], "BYTES")
    tensor.set_data_from_numpy(np.array([PROMPT.encode()], dtype=object), binary_data=binary)
    return tensor


def generate(binary, model="demo", outputs=None, **parameters):
    request = InferRequest(
        model_name=model, infer_inputs=[prompt(binary)], request_id="k", request_outputs=outputs,
        parameters={"temperature": 0, "max_tokens": 16, **parameters},
    )
    return call("infer", request)


def text(response):
    return response.get_output_by_name("text_output").as_numpy().reshape(-1)[0]


def decoded(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def health():
    holds(call("is_server_live") and call("is_server_ready") and call("is_model_ready", "demo"), "ready")
    holds(not call("is_model_ready", "other"), "another model is not")
    return "live, ready"


def raw_and_typed():
    raw, typed = generate(True), generate(False)
    equal(raw.id, "k")
    holds(decoded(text(raw)).startswith(PROMPT), "the answer begins with the prompt")
    return repr(equal(decoded(text(raw)), decoded(text(typed)))[-30:])


def outputs():
    response = generate(True, outputs=[RequestedOutput("expert_load"), RequestedOutput("num_output_tokens")], routing_temperature="0.0")  # no floats among its parameters
    load = response.get_output_by_name("expert_load").as_numpy()
    holds(np.allclose(load.sum(axis=2), 1), "temperature 0 runs one expert per token")
    return f"{int(response.get_output_by_name('num_output_tokens').as_numpy()[0])} tokens, load {load.shape}"


def layer():
    rows = np.random.default_rng(3).standard_normal((8, 192)).astype(np.float32)
    tensor = InferInput("hidden_states", [8, 192], "FP32")
    tensor.set_data_from_numpy(rows)
    response = call("infer", InferRequest(model_name="moe_layer_1", infer_inputs=[tensor]))
    actual = response.get_output_by_name("output").as_numpy()
    expected = moe_layer(weights, 1, rows)[0]
    error = np.linalg.norm(actual - expected) / np.linalg.norm(expected)
    holds(error < 1e-5, f"relative error {error:.1e}")
    return f"relative error {error:.1e}"


def errors():
    for model, parameters, code, word in [
        ("other", {}, grpc.StatusCode.NOT_FOUND, "other"),
        ("demo", {"top_p": "3.0"}, grpc.StatusCode.INVALID_ARGUMENT, "top_p: 3.0"),
    ]:
        try:
            generate(True, model, **parameters)
        except grpc.RpcError as error:
            equal(error.code(), code)
            holds(word in error.details(), error.details())
        else:
            raise AssertionError(f"no error (expected: {code})")
    return "NOT_FOUND, INVALID_ARGUMENT"


for name, check in [
    ("health", health),
    ("raw and typed contents", raw_and_typed),
    ("requested outputs, routing", outputs),
    ("moe_layer_1 against numpy", layer),
    ("errors", errors),
]:
    checks.run(name, check)
checks.end()
