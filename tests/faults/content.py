"""What a backend answers to a request of a given id: made from the id alone, so that a client can check every byte of
what it got, whichever backend and attempt it came from."""

import hashlib
import json

import e2e_path  # noqa: F401
from harness import chunk, sse_event, sse_head

WORDS = "the of and to in is that it was for on are as with they at be this from have or by one had not but all".split()
PATH = "/v1/chat/completions"


def words(request_id, count=12):
    digest = hashlib.sha256(request_id.encode()).digest()
    return [WORDS[byte % len(WORDS)] + " " for byte in digest[:count]]


def question(request_id, stream):
    return json.dumps(
        {"model": "m", "stream": stream, "messages": [{"role": "user", "content": f"say {request_id}"}]}
    ).encode()


def json_body(request_id):
    message = {"role": "assistant", "content": "".join(words(request_id))}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 2, "completion_tokens": 12, "total_tokens": 14}
    whole = {"id": f"chatcmpl-{request_id}", "object": "chat.completion", "created": 1, "model": "m"}
    return json.dumps({**whole, "choices": [choice], "usage": usage}).encode()


def json_head(request_id):
    length = len(json_body(request_id))
    return f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode()


def json_answer(request_id):
    return json_head(request_id) + json_body(request_id)


def events(request_id):
    """The stream's events: a role, a dozen words, the reason of its end, [DONE]."""

    def event(delta, finish_reason=None):
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        whole = {"id": f"chatcmpl-{request_id}", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        return sse_event({**whole, "choices": [choice]})

    deltas = [event({"role": "assistant", "content": ""})]
    deltas += [event({"content": word}) for word in words(request_id)]
    return [*deltas, event({}, "stop"), sse_event("[DONE]")]


FIRST_CONTENT = 1  # the index of the first event that carries content


def sse_answer(request_id):
    return sse_head() + b"".join(chunk(event) for event in events(request_id)) + b"0\r\n\r\n"


def sse_prefix(request_id, count):
    """The head and so many whole events."""
    return sse_head() + b"".join(chunk(event) for event in events(request_id)[:count])


def whole_answer(request_id, stream):
    return sse_answer(request_id) if stream else json_answer(request_id)


def expected_payload(request_id, stream):
    return b"".join(events(request_id)) if stream else json_body(request_id)


def error_answer(status, reason, headers=()):
    body = json.dumps({"error": {"message": reason, "type": "test_error", "code": "made_up"}}).encode()
    lines = [f"HTTP/1.1 {status} {reason}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


ERROR_EVENT = sse_event({"error": {"message": "the engine is dead", "type": "server_error", "code": "engine_dead"}})
