"""Stops reading after five pieces: the router ends the generation and frees its memory."""

import grpc

from common import PROMPT, connect
from ennead.v1 import inference_service_pb2 as pb

request = pb.GenerateRequest(
    text=PROMPT, stopping=pb.StoppingOptions(max_tokens=400, ignore_eos=True)
)
call = connect().Generate(request, timeout=60)
read = 0
try:
    for piece in call:
        read += 1
        if read == 5:
            call.cancel()
except grpc.RpcError as error:
    print(f"{error.code().name} after {read} pieces")
