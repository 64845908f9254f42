"""How often the warm path allocates: for each small chat request, and for each chunk of a stream."""

import json
import os
import unittest

from counted import CountedGateway

from held_backend import HeldBackend
from model_backend import Backend, answer, answering, openai_chunk, sse_event, sse_head
from raw_client import chunk, request

# Deliberate: lower it when a change takes one away.
ALLOCATIONS_PER_REQUEST = 1
ALLOCATIONS_PER_CHUNK = 0

WARM_UP, MEASURED = 300, 200
# Print where they come from: ALLOCATION_SITES=1.
SITES = os.environ.get("ALLOCATION_SITES") == "1"


def padded(size, make):
    """make(text) as JSON of exactly `size` bytes."""
    return json.dumps(make("x" * (size - len(json.dumps(make(""))))))


def chat_request(number):
    """400 bytes of body, for one of ten models."""
    ask = lambda text: {"model": f"model-{number % 10}", "messages": [{"role": "user", "content": text}]}  # noqa: E731
    headers = [
        ("Accept", "application/json"),
        ("Content-Type", "application/json"),
        ("User-Agent", "OpenAI/Python 1.99.0"),
        ("Authorization", "Bearer sk-0123456789abcdef"),
    ]
    return request("POST", "/v1/chat/completions", headers, padded(400, ask).encode())


def chat_answer():
    tell = lambda text: {"object": "chat.completion", "choices": [{"message": {"content": text}}]}  # noqa: E731
    headers = [
        ("Server", "uvicorn"),
        ("Date", "Tue, 01 Sep 2026 12:00:00 GMT"),
        ("Content-Type", "application/json"),
        ("X-Request-Id", "0123456789abcdef"),
    ]
    return answer(200, headers, padded(620, tell).encode())


def configuration(backend):
    """Ten models by exact name, access log and metrics on."""
    routes = [
        {"match": {"path": "/v1/chat/completions", "model": f"model-{index}"}, "to": [{"backend": "main"}]}
        for index in range(10)
    ]
    return {
        "threads": 1,
        "log": {"level": "info"},
        "backends": {"main": {"endpoints": [backend.url]}},
        "routes": routes,
    }


class AllocationsTest(unittest.TestCase):
    def test_a_small_chat_request(self):
        with Backend(answering(chat_answer())) as backend, CountedGateway(configuration(backend)) as gateway:
            with gateway.client() as client:

                def requests(count):
                    for number in range(count):
                        self.assertEqual(client.send(chat_request(number)).read_response().status, 200)

                requests(WARM_UP)
                counted = self.count(gateway, lambda: requests(MEASURED))
                self.check(gateway, "request", counted, ALLOCATIONS_PER_REQUEST)

    def test_a_chunk_of_a_stream(self):
        event = chunk(sse_event(openai_chunk("a token of twenty b.")))
        with HeldBackend() as backend, CountedGateway(configuration(backend)) as gateway, gateway.client() as client:
            client.send(chat_request(0))
            connection, _ = backend.take_request()
            connection.send(sse_head() + event)
            response = client.read_head()
            response.read_some()

            def chunks(count):
                for _ in range(count):
                    connection.send(event)
                    response.read_some()

            chunks(WARM_UP)
            counted = self.count(gateway, lambda: chunks(MEASURED))
            self.check(gateway, "chunk", counted, ALLOCATIONS_PER_CHUNK)
            connection.send(chunk(sse_event("[DONE]")) + b"0\r\n\r\n")
            response.finish()

    def count(self, gateway, work):
        """(allocations, frees) for each of MEASURED pieces of work."""
        before = gateway.counts()
        if SITES:
            gateway.record()
        work()
        return [(after - was) / MEASURED for after, was in zip(gateway.counts(), before)]

    def check(self, gateway, what, counted, bound):
        print(f"{counted[0]:.2f} allocations and {counted[1]:.2f} frees for each {what}")
        if SITES:
            print(gateway.call_sites(MEASURED))
        self.assertLessEqual(max(counted), bound, "run again with ALLOCATION_SITES=1 to see where they come from")


if __name__ == "__main__":
    unittest.main(verbosity=2)
