"""Sets the routing temperature of a request and reads which experts did the work."""

from common import PROMPT, connect
from ennead.v1 import inference_service_pb2 as pb
from ennead.v1 import routing_pb2, trace_pb2

stub = connect()
for temperature in (0.25, 1, 4):
    request = pb.GenerateRequest(
        text=PROMPT,
        sampling=pb.SamplingOptions(temperature=0),
        stopping=pb.StoppingOptions(max_tokens=24),
        routing=routing_pb2.RoutingOptions(temperature=temperature),
        trace=trace_pb2.TraceOptions(level=trace_pb2.TRACE_LEVEL_SUMMARY),
    )
    print("routing temperature", temperature)
    for piece in stub.Generate(request, timeout=60):
        for layer in piece.trace.summary:
            load = " ".join(f"{tokens:3d}" for tokens in layer.expert_tokens)
            print(f"  layer {layer.layer}: entropy {layer.mean_entropy:.3f}, tokens per expert {load}")
