"""Shows a continuation as it is made: text comes when it is certain, mostly a token at a time."""

from common import PROMPT, connect
from ennead.v1 import inference_service_pb2 as pb

request = pb.GenerateRequest(
    text=PROMPT,
    sampling=pb.SamplingOptions(temperature=0.8, top_p=0.95, seed=7),
    stopping=pb.StoppingOptions(max_tokens=24),
)
for piece in connect().Generate(request, timeout=60):
    print(f"[{piece.text}]", end="", flush=True)
print()
