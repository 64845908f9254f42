"""How an event stream ends well: by its API's last event, or by an error of the backend's own."""

import unittest

from harness import Gateway, chunk, main, one_route, sse_event, sse_head
from held_backend import HeldBackend
from stream_apis import (
    APIS,
    CHAT,
    anthropic_error,
    gemini_error,
    joined,
    ollama_error,
    openai_error,
    responses_error,
    typed,
)


class TerminalEventTest(unittest.TestCase):
    """Clean framing alone is no good end for an API that has a last event."""

    GOOD = {
        "done": (CHAT, [sse_event("{}"), sse_event("[DONE]")]),
        "done without space": (CHAT, [b"data:{}\n\n", b"data:[DONE]\n\n"]),
        "done with CRs": (CHAT, [b"data: {}\r\r", b"data: [DONE]\r\r"]),
        "below a prefix": ("/openai/v1/chat/completions", [sse_event("[DONE]")]),
        "response.completed": ("/v1/responses", [typed("response.completed")]),
        "response.failed": ("/v1/responses", [typed("response.failed")]),
        "response.incomplete": ("/v1/responses", [typed("response.incomplete")]),
        "message_stop": ("/v1/messages", [typed("message_start"), typed("message_stop")]),
        "message_stop by its type": ("/v1/messages", [sse_event({"type": "message_stop"})]),
        "finishReason": (APIS["gemini"].path, [sse_event({"candidates": [{"finishReason": "MAX_TOKENS"}]})]),
        "blockReason": (APIS["gemini"].path, [sse_event({"promptFeedback": {"blockReason": "SAFETY"}})]),
        "openai's error event": (CHAT, [sse_event({"n": 1}), sse_event({"error": {"message": "x"}})]),
        "anthropic's error event": ("/v1/messages", [typed("error", error={"type": "overloaded_error"})]),
        "the responses API's error event": ("/v1/responses", [typed("error", code="x", message="y")]),
        "gemini's error event": (APIS["gemini"].path, [sse_event({"error": {"code": 503}})]),
        "of no known API": ("/v1/audio/speech", [sse_event({"type": "speech.audio.delta"})]),
    }
    CUT = {
        "chat": (CHAT, [sse_event("{}")], openai_error),
        "done in a text": (CHAT, [sse_event({"content": "data: [DONE]"})], openai_error),
        "done as an event's name": (CHAT, [b"event: [DONE]\n\n"], openai_error),
        "nothing at all": (CHAT, [], openai_error),
        "a finish_reason is no end": (CHAT, [sse_event({"choices": [{"finish_reason": "stop"}]})], openai_error),
        "responses": ("/v1/responses", [typed("response.output_text.done")], responses_error),
        "done is not the responses API's": ("/v1/responses", [sse_event("[DONE]")], responses_error),
        "messages": ("/v1/messages", [typed("message_delta", delta={"stop_reason": "end_turn"})], anthropic_error),
        "message_stop in a text": ("/v1/messages", [typed("ping", x={"type": "message_stop"})], anthropic_error),
        "gemini": (APIS["gemini"].path, [sse_event({"candidates": [{"content": {"finishReason": 1}}]})], gemini_error),
        "gemini null": (APIS["gemini"].path, [sse_event({"candidates": [{"finishReason": None}]})], gemini_error),
    }

    def stream(self, gateway, backend, path, wire):
        with gateway.client() as client:
            client.send_json(path, {})
            connection, _ = backend.take_request()
            connection.send(wire)
            response = client.read_response()
            connection.close()
            return response

    def framed(self, events):
        body = joined(*events)
        fields = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n" % len(body)
        return {"chunked": sse_head() + joined(*map(chunk, events)) + b"0\r\n\r\n", "length": fields + body}

    def test_with_it_or_an_error_of_the_backends_own_a_stream_ends_well(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url, threads=1)) as gateway:
            for name, (path, events) in self.GOOD.items():
                for framing, wire in self.framed(events).items():
                    with self.subTest(name, framing=framing):
                        response = self.stream(gateway, backend, path, wire)
                        self.assertEqual((response.body, response.complete), (joined(*events), True))

    def test_without_it_a_stream_is_cut(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url, threads=1)) as gateway:
            for name, (path, events, error) in self.CUT.items():
                for framing, wire in self.framed(events).items():
                    with self.subTest(name, framing=framing):
                        response = self.stream(gateway, backend, path, wire)
                        if response.status == 502:
                            continue  # nothing was sent yet, so this is the better answer
                        self.assertFalse(response.complete)
                        self.assertTrue(response.body.startswith(joined(*events)))
                        self.assertIn("'main'", error(response.body[len(joined(*events)) :]))

    def test_an_ollama_stream_ends_with_done(self):
        rows = {
            b'{"done":false}\n{"done":true}\n': True,
            b'{"done": true }\n': True,
            b'{"error":"out of memory"}\n': True,
            b'{"done":false}\n': False,
            b'{"message":{"done":true}}\n': False,
            b'{"message":"\\"done\\":true"}\n': False,
        }
        with HeldBackend() as backend, Gateway(one_route(backend.url, threads=1)) as gateway:
            for body, good in rows.items():
                with self.subTest(body):
                    wire = APIS["ollama"].head(f"Content-Length: {len(body)}") + body
                    response = self.stream(gateway, backend, "/api/chat", wire)
                    self.assertEqual(response.complete, good)
                    self.assertTrue(response.body.startswith(body))
                    if not good:
                        self.assertIn("'main'", ollama_error(response.body[len(body) :]))


if __name__ == "__main__":
    main()
