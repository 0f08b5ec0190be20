"""Calls a router through the openai package and checks every answer; openai.sh starts what it needs.

usage: openai_calls.py BASE_URL PROMPT FILE, where FILE holds what `ennead generate` printed for PROMPT, greedily.
"""

import math
import sys

import openai

base_url, prompt, greedy_file = sys.argv[1:]
client = openai.OpenAI(base_url=base_url, api_key="none", max_retries=0, timeout=60)
model = "model"
chat = [{"role": "user", "content": "Tell me of the king"}]
failures = 0


def greedy():
    """The text, after which the command ends the line."""
    with open(greedy_file, encoding="utf-8") as file:
        return file.read().removesuffix("\n")


def check(what, ok, seen=""):
    global failures
    failures += not ok
    print(f"{'ok  ' if ok else 'FAIL'} {what}{'' if ok else f': {seen!r}'}")


def equal(what, seen, expected):
    check(what, seen == expected, f"{seen!r} (expected: {expected!r})")


def refused(what, error, param, call):
    try:
        seen = call()
        check(what, False, seen)
    except error as e:
        body = e.body if isinstance(e.body, dict) else {}
        equal(what, (body.get("param"), bool(body.get("message"))), (param, True))


def complete(**options):
    options = {"model": model, "prompt": prompt, "max_tokens": 24, "temperature": 0, **options}
    return client.completions.create(**options)


def converse(**options):
    options = {"model": model, "messages": chat, "max_tokens": 24, "temperature": 0, **options}
    return client.chat.completions.create(**options)


def models():
    listed = client.models.list().data
    equal("models.list", [m.id for m in listed], [model])
    equal("models.retrieve", client.models.retrieve(model).id, model)
    refused("models.retrieve of another", openai.NotFoundError, "model", lambda: client.models.retrieve("other"))


def completions():
    whole = complete()
    equal("completions: greedy text is gRPC's", whole.choices[0].text, greedy())
    equal("completions: usage", whole.usage.completion_tokens, 24)
    equal("completions: usage adds up", whole.usage.total_tokens, whole.usage.prompt_tokens + 24)
    equal("completions: finish_reason", whole.choices[0].finish_reason, "length")
    check("completions: id", whole.id.startswith("cmpl-"), whole.id)
    raw = client.completions.with_raw_response.create(model=model, prompt=prompt, max_tokens=1, user="me")
    equal("completions: x-request-id", "cmpl-" + raw.headers["x-request-id"], raw.parse().id)
    equal("completions: ignored parameters are told", raw.headers["x-ennead-ignored"], "user")
    chunks = list(complete(stream=True, stream_options={"include_usage": True}))
    equal("completions: streamed text is the same",
          "".join(c.choices[0].text for c in chunks if c.choices), greedy())
    equal("completions: the last chunk has the usage alone", (chunks[-1].choices, chunks[-1].usage.completion_tokens), ([], 24))
    check("completions: no chunk before has usage", all(c.usage is None for c in chunks[:-1]))
    first_word = greedy().split()[2]
    stopped = complete(stop=[first_word, "\n\n\n"])
    equal("completions: stop", (stopped.choices[0].text, stopped.choices[0].finish_reason),
          (greedy()[: greedy().index(first_word)], "stop"))
    several = complete(n=3, temperature=1, seed=7)
    equal("completions: n", [c.index for c in several.choices], [0, 1, 2])
    again = complete(n=3, temperature=1, seed=7)
    equal("completions: seed", [c.text for c in several.choices], [c.text for c in again.choices])
    check("completions: n differ", len({c.text for c in several.choices}) > 1)
    lists = complete(prompt=[prompt, "The king"], max_tokens=3)
    equal("completions: prompts", [c.index for c in lists.choices], [0, 1])
    equal("completions: the first prompt's text", lists.choices[0].text, complete(max_tokens=3).choices[0].text)
    equal("completions: token ids as prompt", len(complete(prompt=[5, 6, 7], max_tokens=2).choices), 1)


def logprobs():
    told = complete(logprobs=3, max_tokens=6).choices[0]
    equal("completions: logprobs, one a token", len(told.logprobs.token_logprobs), 6)
    equal("completions: tokens make the text", "".join(told.logprobs.tokens), told.text)
    equal("completions: offsets", told.logprobs.text_offset[1], len(told.logprobs.tokens[0]))
    check("completions: greedy is the top",
          all(max(top.values()) == p for top, p in zip(told.logprobs.top_logprobs, told.logprobs.token_logprobs)))
    content = converse(logprobs=True, top_logprobs=2, max_tokens=4).choices[0].logprobs.content
    equal("chat: logprobs, one a token", len(content), 4)
    check("chat: two alternatives", all(len(c.top_logprobs) == 2 for c in content))
    check("chat: probabilities", all(0 < math.exp(c.logprob) <= 1 for c in content))
    check("chat: bytes", all(bytes(c.bytes).decode("utf-8", "replace") for c in content))


def chats():
    whole = converse()
    check("chat: text", bool(whole.choices[0].message.content), whole)
    equal("chat: role", whole.choices[0].message.role, "assistant")
    check("chat: id", whole.id.startswith("chatcmpl-"), whole.id)
    chunks = list(converse(stream=True, stream_options={"include_usage": True}))
    equal("chat: streamed text is the same",
          "".join(c.choices[0].delta.content or "" for c in chunks if c.choices), whole.choices[0].message.content)
    equal("chat: the first chunk has the role", chunks[0].choices[0].delta.role, "assistant")
    equal("chat: usage", (chunks[-1].choices, chunks[-1].usage), ([], whole.usage))
    parts = [{"role": "user", "content": [{"type": "text", "text": chat[0]["content"]}]}]
    equal("chat: text parts", converse(messages=parts).choices[0].message.content, whole.choices[0].message.content)
    longest = client.chat.completions.create(model=model, messages=chat, max_completion_tokens=5, temperature=0)
    equal("chat: max_completion_tokens", longest.usage.completion_tokens, 5)
    equal("chat: response_format text", converse(response_format={"type": "text"}).choices[0].finish_reason, "length")


def extensions():
    more = complete(extra_body={
        "top_k": 5, "min_p": 0.01, "repetition_penalty": 1.1, "min_tokens": 2, "ignore_eos": True,
        "return_token_ids": True, "trace": {"level": "TRACE_LEVEL_SUMMARY"}, "routing": {"temperature": 0.5},
        "sampling": {"typical_p": 0.9}}).choices[0].model_extra["ennead"]
    equal("ennead: token_ids", len(more["token_ids"]), 24)
    check("ennead: trace", len(more["trace"]["summary"][0]["expert_tokens"]) == 8, more)
    equal("ennead: finish", more["finish"]["reason"], "FINISH_REASON_LENGTH")


def refusals():
    bad = openai.BadRequestError
    refused("chat: tools", bad, "tools", lambda: converse(
        tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}]))
    refused("chat: json_object", bad, "response_format", lambda: converse(response_format={"type": "json_object"}))
    refused("chat: images", bad, "messages[0].content.type", lambda: converse(
        messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]))
    refused("completions: echo", bad, "echo", lambda: complete(echo=True))
    refused("completions: top_p", bad, "top_p", lambda: complete(top_p=2))
    refused("completions: unknown", bad, "frobnicate", lambda: complete(extra_body={"frobnicate": 1}))
    refused("completions: too long", bad, "max_tokens", lambda: complete(max_tokens=100_000))
    refused("completions: another model", openai.NotFoundError, "model", lambda: complete(model="other"))
    refused("streamed: refused before it begins", bad, "n", lambda: list(complete(n=0, stream=True)))
    refused("a deadline", openai.APIStatusError, None, lambda: complete(
        max_tokens=900, extra_headers={"x-request-timeout-seconds": "0.05"}, extra_body={"ignore_eos": True}))


def leaving():
    stream = complete(max_tokens=900, stream=True, extra_body={"ignore_eos": True})
    next(iter(stream))
    stream.close()
    equal("leaving a stream: the next call is answered", complete(max_tokens=2).usage.completion_tokens, 2)


for part in (models, completions, logprobs, chats, extensions, refusals, leaving):
    part()
print(f"openai {openai.__version__}: {failures} failures")
sys.exit(failures > 0)
