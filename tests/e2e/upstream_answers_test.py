"""What a backend may answer, and what it may not: strict framing, interim answers, answers that come early."""

import unittest

from harness import Backend, Gateway, answer, chunk, chunked, json_answer, main, one_route, request
from held_backend import HeldBackend
from hostile_answers import ANSWERS, CHUNKED, OK, OVERLONG

BAD_HEADS = {name: raw for family in ANSWERS.values() for name, raw in family.items()}


class BadAnswerTest(unittest.TestCase):
    def test_an_answer_that_could_be_misread_is_a_502_and_ends_the_connection(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            for name, bad in BAD_HEADS.items():
                with self.subTest(name):
                    client.get("/v1/chat/completions")
                    connection, _ = backend.take_request()
                    try:
                        connection.send(bad)
                    except OSError:
                        pass  # refused before its end
                    response = client.read_response()
                    self.assertEqual(response.status, 502, response)
                    self.assertEqual(response.header("x-inferway-error"), "bad_response")
                    error = response.json()["error"]
                    self.assertEqual((error["type"], error["code"]), ("upstream_error", "bad_response"))
                    self.assertIn("'main'", error["message"])
                    self.assertNotIn(str(backend.port), error["message"])
                    self.assertTrue(connection.wait_closed(2))
            self.assertEqual(gateway.metric("inferway_upstream_errors_total", cause="bad_response"), len(BAD_HEADS))

    def test_what_follows_a_whole_answer_is_nobodys_next_answer(self):
        for name, (method, sent, body) in OVERLONG.items():
            with self.subTest(name), HeldBackend() as backend, Gateway(one_route(backend.url, threads=1)) as gateway:
                with gateway.client() as client:
                    client.get("/first", method=method)
                    connection, _ = backend.take_request()
                    connection.send(sent)
                    response = client.read_response(method == "HEAD")
                    self.assertEqual((response.body, response.complete), (body, True))
                    self.assertTrue(connection.wait_closed(2))
                    client.get("/second")
                    fresh, asked = backend.take_request()
                    self.assertEqual(asked.target, "/second")
                    fresh.send(answer(body=b"fresh"))
                    self.assertEqual(client.read_response().body, b"fresh")

    def test_framing_that_breaks_inside_the_body_is_a_cut(self):
        rows = {
            "no size": b"zz\r\n",
            "longer than its size": b"2\r\nabc\r\n",
            "bare LF": b"2\nab\r\n",
            "a bad trailer": b"0\r\n: x\r\n\r\n",
            "an endless extension": b"1;" + b"x" * 20_000,
        }
        with HeldBackend() as backend, Gateway(one_route(backend.url)) as gateway:
            for name, broken in rows.items():
                for together in (True, False):
                    with self.subTest(name, together=together), gateway.client() as client:
                        client.get("/x")
                        connection, _ = backend.take_request()
                        if together:
                            connection.send(CHUNKED + chunk(b"good") + broken)
                            response = client.read_head()
                        else:
                            connection.send(CHUNKED + chunk(b"good"))
                            response = client.read_head().read_until(b"good")
                            connection.send(broken)
                        response.finish()
                        self.assertFalse(response.complete)
                        # Payload of the chunk that broke may have gone out before it was known to be broken.
                        self.assertTrue(response.body.startswith(b"good"), response.body)
                        self.assertTrue(connection.wait_closed(2))

    def test_trailers_are_dropped(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            connection = None
            for _ in range(2):  # and the connection is as good as before
                client.get("/x")
                connection = connection or backend.take()
                connection.read_request()
                connection.send(CHUNKED + chunked(b"body", trailers=b"X-Sum: 1\r\nContent-Length: 9\r\n"))
                response = client.read_response()
                self.assertEqual((response.body, response.complete), (b"body", True))
            self.assertEqual(backend.connections, 1)


class InterimAnswerTest(unittest.TestCase):
    INTERIM = (
        b"HTTP/1.1 100 Continue\r\n\r\n"
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nConnection: x-hop\r\nX-Hop: 1\r\n\r\n"
        b"HTTP/1.1 102 Processing\r\n\r\n"
    )

    def ask(self, client, backend, connection, version="1.1", split=None):
        client.send(request("GET", "/x", version=version, headers=[("Connection", "keep-alive")]))
        if connection is None:
            connection = backend.take()
        connection.read_request()
        sent = self.INTERIM + answer(body=b"final")
        for at in range(0, len(sent), split or len(sent)):
            connection.send(sent[at : at + (split or len(sent))])
        return connection, client.read_response()

    def test_100_is_swallowed_and_all_others_pass(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url, threads=1)) as gateway:
            with gateway.client() as client:
                connection = None
                for split in (None, 1, 2, 3, 7, 40, 64, 100):
                    with self.subTest(split=split):
                        connection, response = self.ask(client, backend, connection, split=split)
                        hints = [(status, dict(headers)) for status, headers in response.interim]
                        self.assertEqual([status for status, _ in hints], [103, 102])
                        self.assertEqual(hints[0][1], {"Link": "</a>; rel=preload"})
                        self.assertEqual((response.status, response.body), (200, b"final"))
                self.assertEqual(backend.connections, 1)

    def test_none_goes_to_a_client_that_speaks_1_0(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            _, response = self.ask(client, backend, None, version="1.0")
            self.assertEqual((response.interim, response.status, response.body), ([], 200, b"final"))


class EarlyAnswerTest(unittest.TestCase):
    """A backend may answer before it has the whole body."""

    BODY = b"u" * 8_000_000

    def config(self, backend):
        config = one_route(backend.url)
        by_model = {"match": {"path": "/v1/model", "model": "m"}, "to": [{"backend": "main"}]}
        config["routes"].insert(0, by_model)
        return config

    def test_its_answer_is_relayed_at_once_and_the_upload_is_not_reset(self):
        with HeldBackend() as backend, Gateway(self.config(backend)) as gateway, gateway.client() as client:
            client.send(request("POST", "/x", [("Content-Length", str(len(self.BODY)))], self.BODY[:1_000_000]))
            connection = backend.take()
            connection.read_head()
            connection.send(json_answer({"error": "too large"}, 413, reason="Content Too Large"))
            response = client.read_response()
            self.assertEqual((response.status, response.json()), (413, {"error": "too large"}))
            self.assertEqual(response.header("connection"), "close")
            client.send(self.BODY[1_000_000:])  # a reset would show here, or take the answer away
            self.assertTrue(connection.wait_closed(2))
            self.assertTrue(client.closed_by_peer())

    def test_the_rest_of_a_buffered_body_is_not_sent_and_the_connection_not_reused(self):
        body = b'{"model":"m","x":"%s"}' % self.BODY
        with HeldBackend() as backend, Gateway(self.config(backend)) as gateway, gateway.client() as client:
            client.send(request("POST", "/v1/model", body=body))
            connection = backend.take()
            connection.read_head()
            connection.send(answer(400, body=b"no", reason="Bad Request"))
            self.assertEqual(client.read_response().body, b"no")
            self.assertTrue(connection.wait_closed(2))
            self.assertLess(len(connection.received), len(body))
            client.get("/next")  # the client's body was read whole, so its connection lives on
            fresh, _ = backend.take_request()
            fresh.send(answer(body=b"yes"))
            self.assertEqual(client.read_response().body, b"yes")

    def test_a_backend_that_answers_and_closes_is_heard(self):
        with HeldBackend() as backend, Gateway(self.config(backend)) as gateway, gateway.client() as client:
            client.send(request("POST", "/x", [("Content-Length", str(len(self.BODY)))], self.BODY[:500_000]))
            connection = backend.take()
            connection.read_head()
            connection.send(answer(413, body=b"no", reason="Content Too Large"))
            connection.close()  # with bytes of the body unread, so the kernel may reset
            response = client.read_response()
            if response.status == 502:  # the reset overtook the answer
                self.assertEqual(response.header("x-inferway-error"), "upstream_closed")
            else:
                self.assertEqual((response.status, response.body), (413, b"no"))


class SplitTest(unittest.TestCase):
    def test_a_head_may_come_byte_by_byte(self):
        sent = answer(201, [("Content-Type", "text/plain"), ("X-A", "b")], b"body", "Created")

        def drip(connection):
            while connection.read_request() is not None:
                for at in range(len(sent)):
                    connection.send(sent[at : at + 1])

        with Backend(drip) as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            for _ in range(3):
                response = client.get("/x").read_response()
                self.assertEqual((response.status, response.header("x-a"), response.body), (201, "b", b"body"))
            self.assertEqual(backend.connections, 1)

    def test_a_head_as_large_as_allowed_passes_whatever_the_reads(self):
        size = 64 * 1024

        def respond(connection):
            while connection.read_request() is not None:
                head = OK + b"Content-Length: 300000\r\nX-End: here\r\nX-Fill: \r\n\r\n"
                head = head.replace(b"Fill: ", b"Fill: " + b"f" * (size - len(head)))
                connection.send(head + b"b" * 300_000)

        with Backend(respond) as backend, Gateway(one_route(backend.url, threads=1)) as gateway:
            with gateway.client() as client:
                for _ in range(30):
                    response = client.get("/x").read_response()
                    self.assertEqual((response.status, response.header("x-end")), (200, "here"))
                    self.assertEqual(set(response.header("x-fill")), {"f"})
                    self.assertEqual(response.body, b"b" * 300_000)

    def test_chunks_may_be_split_anywhere(self):
        payload = [b"first", b"\r\n0\r\n\r\n", b"x" * 17, b"last"]
        wire = b"5;a=b\r\nfirst\r\n" + b"".join(chunk(piece) for piece in payload[1:]) + b"0\r\nX: y\r\n\r\n"
        whole = b"".join(payload)

        def available(cut):
            """How much payload stands before that point."""
            return sum(low <= at < high and at < cut for low, high in self.spans(wire, payload) for at in range(cut))

        with HeldBackend() as backend, Gateway(one_route(backend.url, threads=1)) as gateway:
            with gateway.client() as client:
                client.get("/x")
                connection, _ = backend.take_request()
                for cut in range(1, len(wire)):
                    connection.send(CHUNKED + wire[:cut])
                    response = client.read_head()
                    while len(response.body) < available(cut):  # so that the two parts are two reads
                        self.assertTrue(response.read_some())
                    connection.send(wire[cut:])
                    response.finish()
                    self.assertEqual((response.body, response.complete), (whole, True), cut)
                    client.get("/x")
                    self.assertIsNotNone(connection.read_request())
                connection.send(answer())
                client.read_response()

    @staticmethod
    def spans(wire, payload):
        at = 0
        spans = []
        for piece in payload:
            at = wire.index(piece, wire.index(b"\r\n", at) + 2 if at else 0)
            spans.append((at, at + len(piece)))
            at += len(piece) + 2
        return spans


if __name__ == "__main__":
    main()
