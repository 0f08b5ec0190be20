"""Continues a prompt and waits for the whole answer."""

from common import PROMPT, connect
from ennead.v1 import inference_service_pb2 as pb

request = pb.GenerateRequest(
    text=PROMPT,
    sampling=pb.SamplingOptions(temperature=0, seed=1),
    stopping=pb.StoppingOptions(max_tokens=24),
)
text = ""
for piece in connect().Generate(request, timeout=60):
    text += piece.text
    if piece.HasField("finish"):
        finish = piece.finish

print(PROMPT + text)
print(
    f"{finish.prompt_tokens} + {finish.generated_tokens} tokens, seed {finish.seed},"
    f" {pb.FinishReason.Name(finish.reason)}"
)
