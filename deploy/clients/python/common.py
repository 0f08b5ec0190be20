"""What the examples share: a stub of a router, and Ennead's reason of an error."""

import os

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from ennead.v1 import inference_service_pb2_grpc

PROMPT = "Once upon a time there was a"


def connect():
    """Without TLS, to ENNEAD_ADDR."""
    channel = grpc.insecure_channel(os.environ.get("ENNEAD_ADDR", "localhost:8470"))
    return inference_service_pb2_grpc.InferenceServiceStub(channel)


def reason(error):
    """The router's reason; gRPC's code where the router was not asked or said nothing."""
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return info.reason
    return error.code().name
