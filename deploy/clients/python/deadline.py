"""Gives a request less time than it takes: it ends in time, at the router too."""

import grpc

from common import PROMPT, connect, reason
from ennead.v1 import inference_service_pb2 as pb

request = pb.GenerateRequest(
    text=PROMPT, stopping=pb.StoppingOptions(max_tokens=400, ignore_eos=True)
)
try:
    for piece in connect().Generate(request, timeout=0.1):
        pass
except grpc.RpcError as error:
    print(reason(error))
