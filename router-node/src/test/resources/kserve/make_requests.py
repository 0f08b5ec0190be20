"""Makes requests.json: requests as tritonclient writes them, with the values that are in them.

Run with tritonclient[grpc]==2.60.0 and numpy==1.26.4: python3 make_requests.py > requests.json
Each entry: the serialized ModelInferRequest in base64, and per tensor its type, its shape, its elements (numbers as
text, so that none is rounded; byte strings in base64) and the bytes that numpy or the client has for them, in base64.
"""

import base64
import json

import numpy as np
from tritonclient.grpc import InferInput, InferRequestedOutput, service_pb2
from tritonclient.grpc._utils import _get_inference_request
from tritonclient.utils import serialize_byte_tensor

RNG = np.random.default_rng(20)


def b64(data):
    return base64.b64encode(data).decode()


def element(value):
    if isinstance(value, bytes):
        return b64(value)
    if isinstance(value, np.bool_):
        return "1" if value else "0"
    return str(value)


def described(datatype, array, raw):
    elements = [element(value) for value in array.reshape(-1)]
    if datatype in ("FP16", "FP32", "FP64", "BF16"):
        elements = [float(value).hex() for value in array.reshape(-1)]
    return {"datatype": datatype, "shape": list(array.shape), "elements": elements, "raw": b64(raw)}


def cases():
    for name, low, high in [
        ("INT8", -128, 127), ("INT16", -32768, 32767), ("INT32", -(2**31), 2**31 - 1), ("INT64", -(2**63), 2**63 - 1),
        ("UINT8", 0, 255), ("UINT16", 0, 65535), ("UINT32", 0, 2**32 - 1), ("UINT64", 0, 2**64 - 1),
    ]:
        array = np.array([[low, 0, 1], [2, high // 3, high]], dtype=name.lower())
        yield name, name, array
    yield "BOOL", "BOOL", np.array([True, False, True])
    yield "FP16", "FP16", np.array([0, -0.0, 1, -2.5, 65504, 6e-8, np.inf], dtype=np.float16)
    yield "FP32", "FP32", np.concatenate(
        [np.array([0, -0.0, 1e-45, np.inf, -np.inf], np.float32), RNG.standard_normal(7, np.float32)]
    ).reshape(3, 4)
    yield "FP64", "FP64", np.array([0.1, -1e308, 5e-324, -np.inf])
    # What bfloat16 holds exactly: the client takes float32 and cuts off the lower half.
    yield "BF16", "BF16", np.array([1.0, -3.140625, 2.0**-130, 3.3895313892515355e38], dtype=np.float32)
    texts = ["", "a", "Grüße, 世界 \U0001f600", "line\nline", "x" * 300]
    yield "BYTES", "BYTES", np.array([text.encode() for text in texts], dtype=object)
    yield "BYTES-binary", "BYTES", np.array([[b"\x00\xff", b"\x00\x00\x00\x00"]], dtype=object)
    yield "empty", "FP32", np.zeros((0, 4), np.float32)


def entry(name, datatype, array):
    tensor = InferInput(name, list(array.shape), datatype)
    tensor.set_data_from_numpy(array)
    request = _get_inference_request("m", [tensor], "1", "id", None, 0, False, False, 0, None, None)
    raw = request.raw_input_contents[0]
    if datatype == "BYTES":
        assert raw == serialize_byte_tensor(array).item()
    elif datatype != "BF16":
        assert raw == array.tobytes()
    return {"name": name, "request": b64(request.SerializeToString()), "tensors": {name: described(datatype, array, raw)}}


def text_request():
    """All that the client can put around tensors."""
    inputs, tensors = [], {}
    for name, datatype, array in [
        ("text_input", "BYTES", np.array([b"Once"], dtype=object)),
        ("stream", "BOOL", np.array([True])),
        ("temperature", "FP32", np.array([[0.5]], np.float32)),
        ("max_tokens", "INT32", np.array([7], np.int32)),
        ("stop_words", "BYTES", np.array([b".", b"\n\n"], dtype=object)),
    ]:
        tensor = InferInput(name, list(array.shape), datatype)
        tensor.set_data_from_numpy(array)
        inputs.append(tensor)
        raw = serialize_byte_tensor(array).item() if datatype == "BYTES" else array.tobytes()
        tensors[name] = described(datatype, array, raw)
    parameters = {"routing_temperature": 0.25, "n": 2, "ignore_eos": True, "routing_mode": "sampled"}
    request = _get_inference_request(
        "tiny", inputs, "", "r-1", [InferRequestedOutput("text_output"), InferRequestedOutput("expert_load")],
        0, False, False, 3, 250000, parameters,
    )
    return {"name": "text", "request": b64(request.SerializeToString()), "tensors": tensors}


assert service_pb2.ModelInferRequest
entries = [entry(*case) for case in cases()] + [text_request()]
print(json.dumps(entries, indent=1))
