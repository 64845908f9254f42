"""A chat stream of the mock's cut at every byte, head and framing included, and continued: the client gets what the
uncut stream would have been, whatever it asked for."""

import json
import unittest

import e2e_path  # noqa: F401
from harness import Client, Gateway, eventually, main, request

import content
from mock_process import MockProcess

CALL = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "tell me"}]}


def ask(port, call, headers=()):
    with Client(port) as client:
        client.send(request("POST", content.PATH, [("Content-Type", "application/json"), *headers], json.dumps(call).encode()))
        return client.read_response()


def seen(response):
    """What a client makes of it."""
    assert response.status == 200 and response.complete, response.raw
    events = [line.removeprefix("data: ") for line in response.body.decode().split("\n") if line]
    chunks = [json.loads(event) for event in events[:-1]]
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    return {
        "identities": len({(chunk["id"], chunk["model"], chunk["created"]) for chunk in chunks}),
        "text": "".join(choice["delta"].get("content") or "" for choice in choices),
        "roles": sum("role" in choice["delta"] for choice in choices),
        "reasons": [choice["finish_reason"] for choice in choices if choice["finish_reason"]],
        "usage": [chunk["usage"] for chunk in chunks if chunk.get("usage")],
        "last": events[-1],
    }


class ResumeTest(unittest.TestCase):
    def cut_everywhere(self, mode, **more):
        call = {**CALL, **more}
        with MockProcess("--tokens", "4") as mock:
            uncut = ask(mock.port, call)
            wanted, cuts = seen(uncut), range(len(uncut.raw) + 300)  # its head, too
            backends = {"whole": {"endpoints": [mock.url], "resume": mode}}
            for cut in cuts:
                backends[f"cut-{cut}"] = {"endpoints": [mock.url], "resume": mode, "headers": {"x-mock-cut-bytes": str(cut)}}
            routes = [
                {
                    "match": {"path": content.PATH, "headers": {"x-cut": str(cut)}},
                    "to": [{"backend": f"cut-{cut}"}],
                    "fallback": [{"backend": "whole"}],
                    "retry": {"attempts": 0},
                    "resume": {"attempts": 1},
                }
                for cut in cuts
            ]
            with Gateway({"backends": backends, "routes": routes}) as gateway:
                for cut in cuts:
                    with self.subTest(cut=cut):
                        self.assertEqual(seen(ask(gateway.port, call, [("x-cut", str(cut))])), wanted)
                # A client may have an answer's last byte before the worker has put it into its books.
                eventually(lambda: gateway.metric("inferway_requests_in_flight") == 0)

    def test_continue_final_message(self):
        self.cut_everywhere("continue_final_message")

    def test_assistant_prefill_with_usage(self):
        self.cut_everywhere("assistant_prefill", stream_options={"include_usage": True})

    def test_a_limit_of_tokens(self):
        self.cut_everywhere("continue_final_message", max_tokens=3, stream_options={"include_usage": True})


if __name__ == "__main__":
    main()
