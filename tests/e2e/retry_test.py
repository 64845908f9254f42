"""What happens when a try fails: another one, a fallback, or the last one's answer; and what the client sees of it."""

import json
import threading
import unittest

from harness import (
    Backend,
    Gateway,
    chunk,
    json_answer,
    main,
    one_route,
    openai_chunk,
    sse_answer,
    sse_event,
    unused_port,
)

CHAT = "/v1/chat/completions"
ROLE = sse_event(json.dumps({"id": "r", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}))
HELLO = sse_event(openai_chunk("hello"))
DONE = sse_event("[DONE]")
STREAM = ROLE + HELLO + DONE
SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def sends(data, then="close"):
    """A handler that reads one request, writes these bytes, and ends the connection."""

    def handler(connection):
        if connection.read_request() is None:
            return
        if data:
            connection.send(data)
        if then == "reset":
            connection.reset()
        elif then == "stall":
            connection.wait_closed()

    return handler


def status(code, *headers):
    return json_answer({"error": {"message": "theirs", "code": code}}, code, headers)


# What each cause of retry.on looks like on the wire, before anything was shown to the client.
FAULTS = {
    "closed without an answer": sends(b""),
    "reset": sends(b"", "reset"),
    "cut inside the head": sends(b"HTTP/1.1 200 OK\r\nContent-"),
    "junk": sends(b"hello\r\n\r\n"),
    "cut behind the head": sends(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
    "bad framing": sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "429": sends(status(429)),
    "500": sends(status(500)),
    "503": sends(status(503)),
    "529": sends(status(529)),
    "stream without content": sends(SSE + chunk(ROLE)),
    "stream ended before content": sends(SSE + chunk(ROLE) + b"0\r\n\r\n"),
    "stream broken before content": sends(SSE + chunk(ROLE) + b"zz\r\n"),
    "error event": sends(SSE + chunk(ROLE) + chunk(sse_event('{"error":{"message":"no","code":"overloaded"}}')) + b"0\r\n\r\n"),
    "event that is none": sends(SSE + chunk(sse_event('{"choices":[')) + b"0\r\n\r\n"),
    "no answer in time": sends(b"", "stall"),
    "no content in time": sends(SSE + chunk(ROLE), "stall"),
}


def healthy(connection):
    while (request := connection.read_request()) is not None:
        wants_stream = request.body and json.loads(request.body).get("stream")
        connection.send(sse_answer([STREAM]) if wants_stream else json_answer({"ok": True}))


def two(first, second, route=None, backend=None, **top):
    """One backend of both, which are asked in turns."""
    patient = {"balance": "round_robin", "timeouts": {"first_byte": "400ms", "first_content": "600ms", "idle": "2s"}}
    return one_route(
        first.url, second.url, threads=1, backend={**patient, **(backend or {})}, route={"retry": {"backoff": "1ms"}, **(route or {})}, **top
    )


class RetryTest(unittest.TestCase):
    def test_every_failure_before_the_content_is_invisible(self):
        for name, fault in FAULTS.items():
            with self.subTest(name), Backend(fault) as bad, Backend(healthy) as good:
                with Gateway(two(bad, good)) as gateway:
                    for _ in range(2):  # one of the two begins at the bad one
                        with gateway.client() as client:
                            response = client.send_json(CHAT, {"model": "m", "stream": True}).read_response()
                        self.assertEqual((response.status, response.body), (200, STREAM), response)
                    self.assertGreaterEqual(len(bad.requests), 1)
                    self.assertEqual(max(r["attempts"] for r in gateway.access_log(2)), 2)

    def test_all_failed_gives_the_last_ones_answer(self):
        with Backend(sends(status(503, ("Retry-After", "7")))) as one, Backend(sends(status(503, ("Retry-After", "7")))) as other:
            with Gateway(two(one, other)) as gateway, gateway.client() as client:
                response = client.send_json(CHAT, {"model": "m"}).read_response()
                self.assertEqual(response.status, 503)
                self.assertEqual(response.json()["error"]["message"], "theirs")
                self.assertEqual(response.header("retry-after"), "7")
                self.assertEqual(response.header("x-inferway-attempts"), "2")
                record = gateway.access_log(1)[0]
                self.assertEqual((record["status"], record["attempts"]), (503, 2))
                self.assertEqual(record["failures"].count("status 503"), 2)

    def test_all_failed_within_a_stream_gives_a_status(self):
        with Backend(FAULTS["error event"]) as one, Backend(FAULTS["error event"]) as other:
            with Gateway(two(one, other)) as gateway, gateway.client() as client:
                response = client.send_json(CHAT, {"model": "m", "stream": True}).read_response()
                self.assertGreaterEqual(response.status, 500)
                self.assertEqual(response.json()["error"]["message"], "no")
                self.assertEqual(response.json()["error"]["code"], "overloaded")

    def test_a_refusal_that_is_the_callers_fault_is_not_tried_again(self):
        with Backend(sends(status(400))) as one, Backend(healthy) as other:
            with Gateway(two(one, other)) as gateway, gateway.client() as client:
                response = client.send_json(CHAT, {"model": "m"}).read_response()
                self.assertEqual(response.status, 400)
                self.assertEqual(len(other.requests), 0)

    def test_only_listed_causes(self):
        with Backend(sends(status(500))) as one, Backend(healthy) as other:
            with Gateway(two(one, other, route={"retry": {"on": ["connect"]}})) as gateway, gateway.client() as client:
                self.assertEqual(client.send_json(CHAT, {"model": "m"}).read_response().status, 500)

    def test_a_streamed_body_is_sent_again_whole(self):
        for size in (0, 1, 1000, 60_000):
            with self.subTest(size), Backend(FAULTS["500"]) as bad, Backend() as good:
                with Gateway(two(bad, good)) as gateway, gateway.client() as client:
                    body = bytes(i % 251 for i in range(size))
                    client.send(b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                    for at in range(0, size, 999):
                        piece = body[at : at + 999]
                        client.send(b"%x\r\n%s\r\n" % (len(piece), piece))
                    client.send(b"0\r\n\r\n")
                    self.assertEqual(client.read_response().status, 200)
                    self.assertEqual(good.requests[0].body, body)

    def test_a_long_streamed_body_is_tried_once(self):
        with Backend(FAULTS["500"]) as bad, Backend() as good:
            with Gateway(two(bad, good)) as gateway, gateway.client() as client:
                client.send(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + bytes(300000))
                self.assertEqual(client.read_response().status, 500)

    def test_a_dead_endpoint_costs_nothing_but_a_try(self):
        with Backend(healthy) as good:
            config = one_route(f"http://127.0.0.1:{unused_port()}", good.url, route={"retry": {"backoff": "1ms"}})
            with Gateway(config) as gateway, gateway.client() as client:
                for _ in range(30):
                    self.assertEqual(client.send_json(CHAT, {"model": "m"}).read_response().status, 200)


class FallbackTest(unittest.TestCase):
    def config(self, bad, good, **route):
        return {
            "backends": {"bad": {"endpoints": [bad.url]}, "good": {"endpoints": [good.url]}},
            "routes": [
                {
                    "match": {"path": "/v1/*", "model": "m*"},
                    "to": [{"backend": "bad"}],
                    "fallback": [{"backend": "good", "model": "other"}],
                    "retry": {"attempts": 0},
                    **route,
                }
            ],
        }

    def test_the_next_backend_gets_the_request_with_its_own_model(self):
        for name, fault in FAULTS.items():
            if "in time" in name:
                continue
            with self.subTest(name), Backend(fault) as bad, Backend(healthy) as good:
                with Gateway(self.config(bad, good)) as gateway, gateway.client() as client:
                    response = client.send_json(CHAT, {"model": "mm", "stream": True, "x": [1, 2]}).read_response()
                    self.assertEqual((response.status, response.body), (200, STREAM))
                    self.assertEqual(json.loads(bad.requests[0].body)["model"], "mm")
                    self.assertEqual(json.loads(good.requests[0].body), {"model": "other", "stream": True, "x": [1, 2]})
                    self.assertEqual(response.header("x-inferway-attempts"), "2")
                    self.assertEqual(gateway.access_log(1)[0]["backend"], "good")
                    self.assertEqual(gateway.metric("inferway_fallbacks_total", backend="good"), 1)

    def test_what_has_content_is_not_begun_again(self):
        with Backend(sends(SSE + chunk(HELLO))) as bad, Backend(healthy) as good:
            with Gateway(self.config(bad, good)) as gateway, gateway.client() as client:
                response = client.send_json(CHAT, {"model": "m", "stream": True}).read_response()
                self.assertEqual(response.status, 200)
                self.assertFalse(response.complete)
                self.assertTrue(response.body.startswith(HELLO))
                self.assertIn(b'"upstream_closed"', response.body)
                self.assertEqual(len(good.requests), 0)


class HedgeTest(unittest.TestCase):
    def test_a_slow_try_is_raced_and_the_loser_cancelled(self):
        with Backend(sends(b"", "stall")) as slow, Backend(healthy) as quick:
            route = {"hedge": {"after": "30ms"}, "retry": {"attempts": 0}}
            backend = {"balance": "round_robin", "timeouts": {"first_byte": "20s"}}
            with Gateway(two(slow, quick, route=route, backend=backend)) as gateway:
                for _ in range(2):
                    with gateway.client() as client:
                        response = client.send_json(CHAT, {"model": "m", "stream": True}).read_response()
                        self.assertEqual((response.status, response.body), (200, STREAM))
                self.assertEqual(gateway.metric("inferway_hedges_won_total"), 1)
                self.assertEqual(gateway.metric("inferway_upstream_outrun_total"), 1)
                self.assertEqual(gateway.metric("inferway_upstream_cancelled_total"), 0)
                self.assertTrue(slow.wait_for(lambda: slow.open == 0))


class ClientLeavesTest(unittest.TestCase):
    def stream_on(self, connection):
        connection.read_request()
        connection.send(SSE + chunk(HELLO))
        connection.backend.go.wait(10)
        connection.send(chunk(HELLO) + chunk(DONE) + b"0\r\n\r\n")
        connection.read_request()

    def test_drain_reads_the_answer_to_its_end(self):
        for how, cancelled in (("drain", 0), ("abort", 1)):
            with self.subTest(how), Backend(self.stream_on) as backend:
                backend.go = threading.Event()
                with Gateway(one_route(backend.url, backend={"on_client_cancel": how})) as gateway:
                    with gateway.client() as client:
                        client.send_json(CHAT, {"model": "m", "stream": True}).read_head().read_until(HELLO)
                    if how == "drain":
                        backend.go.set()
                    record = gateway.access_log(1)[0]
                    backend.go.set()
                    self.assertEqual((record["status"], record["error"]), (499, "client_gone"))
                    self.assertEqual(gateway.metric("inferway_upstream_cancelled_total"), cancelled)


class HeartbeatTest(unittest.TestCase):
    def test_a_silent_stream_gets_comments(self):
        def late(connection):
            connection.read_request()
            connection.send(SSE + chunk(ROLE))
            connection.backend.go.wait(10)
            connection.send(chunk(HELLO) + chunk(DONE) + b"0\r\n\r\n")

        with Backend(late) as backend:
            backend.go = threading.Event()
            with Gateway(one_route(backend.url, route={"retry": {}}, timeouts={"heartbeat": "50ms"})) as gateway:
                with gateway.client() as client:
                    response = client.send_json(CHAT, {"model": "m", "stream": True}).read_head()
                    self.assertEqual(response.status, 200)
                    response.read_until(b": ping\n\n: ping\n\n")
                    backend.go.set()
                    response.finish()
                    self.assertTrue(response.complete)
                    self.assertEqual(response.body.replace(b": ping\n\n", b""), STREAM)


if __name__ == "__main__":
    main()
