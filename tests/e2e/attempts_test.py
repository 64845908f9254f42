"""What clients and operators are told of tries: headers, heartbeats, the access log, counters; and what a try leaves."""

import base64
import hashlib
import json
import threading
import unittest

from harness import Backend, Gateway, answering, chunk, json_answer, main, one_route, openai_chunk, request, sse_event, sse_head

CHAT = "/v1/chat/completions"
HELLO = sse_event(openai_chunk("hello"))
DONE = sse_event("[DONE]")
HANDSHAKE = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
]


def refusal(code, *headers):
    return json_answer({"error": {"message": "theirs", "code": code}}, code, headers)


def silent(connection):
    connection.read_request()
    connection.wait_closed()


def in_turns(*backends, backend=None, route=None, **top):
    urls = [b.url for b in backends]
    route = {"retry": {"backoff": "1ms"}, **(route or {})}
    return one_route(*urls, threads=1, backend={"balance": "round_robin", **(backend or {})}, route=route, **top)


class AttemptsHeaderTest(unittest.TestCase):
    def test_a_websocket_is_told_how_many_tries_it_took(self):
        def switch(connection):
            key = connection.read_request().header("sec-websocket-key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
            head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            connection.send(f"{head}Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
            connection.wait_closed()

        with Backend(answering(refusal(503))) as bad, Backend(switch) as good:
            with Gateway(in_turns(bad, good)) as gateway:
                tries = set()
                for _ in range(2):
                    with gateway.client() as client:
                        response = client.send(request("GET", "/v1/realtime", HANDSHAKE)).read_head()
                        self.assertEqual(response.status, 101)
                        tries.add(response.header("x-inferway-attempts"))
                self.assertEqual(tries, {"1", "2"})

    def test_what_a_gateway_behind_counts_is_replaced(self):
        with Backend(answering(json_answer({}, 200, [("X-Inferway-Attempts", "7")]))) as backend:
            with Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
                self.assertEqual(client.get("/").read_response().headers_named("x-inferway-attempts"), ["1"])


class FallbackThatRestsTest(unittest.TestCase):
    def test_the_refusal_goes_out_as_it_came(self):
        """Where the fallback rests, too: with the time at which the first of all may be asked again."""
        with Backend(answering(refusal(429, ("Retry-After", "60"), ("X-Own", "a")))) as first:
            with Backend(answering(refusal(429, ("Retry-After", "30")))) as other:
                config = {
                    "backends": {"first": {"endpoints": [first.url]}, "other": {"endpoints": [other.url]}},
                    "routes": [
                        {"match": {"path": "/other"}, "to": [{"backend": "other"}], "retry": {"attempts": 0}},
                        {"match": {"path": "/*"}, "to": [{"backend": "first"}], "fallback": [{"backend": "other"}]},
                    ],
                }
                with Gateway(config) as gateway, gateway.client() as client:
                    self.assertEqual(client.get("/other").read_response().status, 429)
                    response = client.get("/x").read_response()
                    self.assertEqual((response.status, response.header("x-own")), (429, "a"))
                    self.assertEqual(response.json()["error"]["message"], "theirs")
                    self.assertIn(response.headers_named("retry-after"), (["30"], ["29"]))
                    self.assertEqual(gateway.access_log(2)[1]["backend"], "first")


class HeartbeatTest(unittest.TestCase):
    def test_begins_with_the_head_where_nothing_is_held_back(self):
        def late(connection):
            connection.read_request()
            connection.send(sse_head())
            connection.wait_closed()

        with Backend(late) as backend:
            with Gateway(one_route(backend.url, timeouts={"heartbeat": "30ms"})) as gateway, gateway.client() as client:
                client.send_json(CHAT, {"model": "m", "stream": True}).read_head().read_until(b": ping\n\n: ping\n\n")

    def test_a_promised_stream_ends_with_an_error_of_its_own_api(self):
        created = sse_event({"type": "response.created", "response": {"id": "r"}}, "response.created")

        def breaks(connection):
            connection.read_request()
            connection.send(sse_head() + chunk(created))
            connection.backend.beaten.wait(5)

        with Backend(breaks) as backend:
            backend.beaten = threading.Event()
            config = in_turns(backend, timeouts={"heartbeat": "30ms"})
            with Gateway(config) as gateway, gateway.client() as client:
                response = client.send_json("/v1/responses", {"model": "m", "stream": True}).read_head()
                response.read_until(b": ping\n\n")
                backend.beaten.set()
                response.finish()
                self.assertFalse(response.complete)
                last = response.body.rsplit(b": ping\n\n", 1)[1]
                self.assertTrue(last.startswith(b"event: error\ndata: {"), last)
                self.assertEqual(json.loads(last.split(b"data: ", 1)[1])["type"], "error")
                self.assertIs(gateway.access_log(1)[0]["stream"], True)


class AccountTest(unittest.TestCase):
    def test_a_refusal_that_is_tried_again_is_no_client_that_left(self):
        with Backend(answering(refusal(503))) as bad, Backend() as good:
            with Gateway(in_turns(bad, good)) as gateway, gateway.client() as client:
                for _ in range(4):
                    self.assertEqual(client.get("/").read_response().status, 200)
                self.assertGreaterEqual(gateway.metric("inferway_retries_total"), 2)
                self.assertEqual(gateway.metric("inferway_upstream_cancelled_total"), 0)

    def test_the_log_names_the_cause_within_a_stream(self):
        fault = sse_event({"error": {"message": "no", "code": "overloaded"}})
        causes = {"in_band_error": fault, "bad_stream": b"data: {\n\n", "cut": b": nothing\n\n"}
        for cause, events in causes.items():
            with self.subTest(cause), Backend(answering(sse_head() + chunk(events) + b"0\r\n\r\n")) as bad:
                with Gateway(in_turns(bad)) as gateway, gateway.client() as client:
                    client.send_json(CHAT, {"model": "m", "stream": True}).read_response()
                    failures = gateway.access_log(1)[0]["failures"].split("; ")
                    self.assertEqual([text.split(" ")[-1] for text in failures], [cause] * 2)
                    self.assertEqual(gateway.metric("inferway_upstream_cancelled_total"), 0)


class HedgeTest(unittest.TestCase):
    def config(self, *backends, how="abort"):
        backend = {"timeouts": {"first_byte": "20s"}, "on_client_cancel": how}
        return in_turns(*backends, backend=backend, route={"retry": {"attempts": 0}, "hedge": {"after": "20ms"}})

    def test_a_slow_upload_is_no_reason_to_go_without(self):
        with Backend(silent) as slow, Backend() as quick, Gateway(self.config(slow, quick)) as gateway:
            for _ in range(2):  # one of them begins at the slow one
                with gateway.client() as client:
                    client.send(request("POST", "/x", [("Content-Length", "2")]) + b"a")
                    self.assertTrue(client.silent(0.1))
                    self.assertEqual(client.send(b"b").read_response().status, 200)
            self.assertEqual(gateway.metric("inferway_hedges_won_total"), 1)

    def test_drain_reads_what_is_left_of_two(self):
        """The first has failed: it is the second whose answer is read to its end when the client leaves."""
        together = threading.Barrier(2, timeout=5)

        def answers(connection):
            connection.read_request()
            number = together.wait()
            if number == 0:
                return  # one of the two fails, whichever
            connection.backend.left.wait(5)
            connection.send(json_answer({}))
            connection.read_request()

        with Backend(answers) as one, Backend(answers) as other:
            one.left = other.left = threading.Event()
            for _ in range(4):
                one.left.clear()
                with Gateway(self.config(one, other, how="drain")) as gateway:
                    with gateway.client() as client:
                        client.send_json(CHAT, {"model": "m"})
                        for backend in (one, other):
                            backend.wait_for(lambda: backend.open < 2)
                        self.assertTrue(client.silent(0.1))
                    one.left.set()
                    self.assertEqual(gateway.access_log(1)[0]["status"], 499)
                    self.assertEqual(gateway.metric("inferway_upstream_cancelled_total"), 0)


if __name__ == "__main__":
    main()
