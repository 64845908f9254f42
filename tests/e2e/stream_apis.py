"""The streaming APIs the gateway knows: a good stream of each, and what its own error event looks like in it."""

import json

from harness import sse_event

CHAT = "/v1/chat/completions"


def joined(*events):
    return b"".join(events)


class Api:
    """A streaming API: its path, a good stream as events, and how the gateway's own error event looks in it."""

    def __init__(self, path, events, error, content_type="text/event-stream"):
        self.path = path
        self.events = events
        self.error = error  # of the error event's bytes: its code or message, AssertionError when it is malformed
        self.content_type = content_type
        self.spare = 1 if events[0].endswith(b"\r\n\r\n") else 0  # a CR ends a line, whether or not an LF follows

    def head(self, *fields):
        return "\r\n".join(["HTTP/1.1 200 OK", f"Content-Type: {self.content_type}", *fields, "", ""]).encode()

    def whole_events(self, body):
        """How many events `body` begins with, and what is behind them."""
        count = 0
        for event in self.events:
            needed = event[: len(event) - self.spare]
            if not body.startswith(needed):
                break
            body = body[len(event) :] if body.startswith(event) else body[len(needed) :]
            count += 1
        return count, body


def data_of(event, name=None, end="\n\n"):
    text = event.decode()
    start = (f"event: {name}\n" if name else "") + "data: "
    assert text.startswith(start) and text.endswith(end) and text.count("\n\n") <= 1, text
    return json.loads(text[len(start) :])


def openai_error(event):
    error = data_of(event)["error"]
    assert set(error) == {"message", "type", "param", "code"}, error
    return error["message"]


def responses_error(event):
    error = data_of(event, "error")
    assert error["type"] == "error" and error["code"] == "upstream_closed", error
    return error["message"]


def anthropic_error(event):
    error = data_of(event, "error")
    assert error["type"] == "error" and error["error"]["type"] == "api_error", error
    return error["error"]["message"]


def gemini_error(event):
    error = data_of(event, end="\r\n\r\n")["error"]
    assert (error["code"], error["status"]) == (502, "UNAVAILABLE"), error
    return error["message"]


def ollama_error(line):
    assert line.count(b"\n") == 1 and line.endswith(b"\n"), line
    return json.loads(line)["error"]


def typed(kind, **more):
    return sse_event({"type": kind, **more}, kind)


APIS = {
    "chat": Api(CHAT, [sse_event({"n": 1}), sse_event({"n": "}"}), sse_event("[DONE]")], openai_error),
    "completions": Api("/v1/completions", [sse_event({"n": 1}), sse_event("[DONE]")], openai_error),
    "responses": Api(
        "/v1/responses",
        [typed("response.created"), typed("response.completed", response={"usage": {"n": "1"}, "x": {}})],
        responses_error,
    ),
    "messages": Api("/v1/messages", [typed("message_start", message={}), typed("message_stop")], anthropic_error),
    "gemini": Api(
        "/v1beta/models/g:streamGenerateContent?alt=sse",
        [
            b'data: {"candidates":[{"index":0}]}\r\n\r\n',
            b'data: {"candidates":[{"finishReason":"STOP","x":{}}]}\r\n\r\n',
        ],
        gemini_error,
    ),
    "ollama": Api(
        "/api/chat", [b'{"n":1,"done":false}\n', b'{"done":true,"total":{}}\n'], ollama_error, "application/x-ndjson"
    ),
}
