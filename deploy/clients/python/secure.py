"""Connects with TLS, shows an API key, and what happens without one."""

import os
from pathlib import Path

import grpc

from common import reason
from ennead.v1 import inference_service_pb2 as pb
from ennead.v1 import inference_service_pb2_grpc

ca = Path(os.environ["ENNEAD_TLS_CA"]).read_bytes()
key = Path(os.environ["ENNEAD_API_KEY_FILE"]).read_text().strip()
address = os.environ["ENNEAD_SECURE_ADDR"]

tls = grpc.ssl_channel_credentials(root_certificates=ca)
keyed = grpc.composite_channel_credentials(tls, grpc.access_token_call_credentials(key))
for credentials in (keyed, tls):
    stub = inference_service_pb2_grpc.InferenceServiceStub(
        grpc.secure_channel(address, credentials)
    )
    try:
        models = stub.ListModels(pb.ListModelsRequest(), timeout=10).models
        print("serves", *(model.name for model in models))
    except grpc.RpcError as error:
        print("without a key:", reason(error))
