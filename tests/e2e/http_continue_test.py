"""Expect: 100-continue, and early answers to clients that are still sending."""

import unittest

from harness import Backend, Gateway, answering, chunk, chunked, eventually, json_answer, main, one_route, request

EXPECT = ("Expect", "100-continue")
CODING = ("Transfer-Encoding", "chunked")
BODY = b'{"model":"m"}'
LENGTH = ("Content-Length", str(len(BODY)))


class HttpContinueTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(Backend())
        config = one_route(cls.backend.url, path="/streamed", limits={"body_bytes": "1MiB"})
        config["routes"].insert(0, {"match": {"path": "/chat", "model": "m"}, "to": [{"backend": "main"}]})
        cls.gateway = cls.enterClassContext(Gateway(config))

    def setUp(self):
        self.client = self.enterContext(self.gateway.client())

    def test_continue_is_sent_when_the_body_is_wanted(self):
        for path in ("/chat", "/streamed"):
            for framing, body in ((LENGTH, BODY), (CODING, chunked(BODY))):
                with self.subTest(path=path, framing=framing[0]):
                    self.client.send(request("POST", path, [framing, EXPECT]))
                    self.assertEqual(self.client.take_until(b"\r\n\r\n"), b"HTTP/1.1 100 Continue\r\n\r\n")
                    response = self.client.send(body).read_response()
                    self.assertEqual((response.status, response.interim), (200, []), "one 100 is enough")
                    self.assertEqual(self.backend.requests[-1].body, BODY)
                    self.assertIsNone(self.backend.requests[-1].header("expect"), "the gateway answers it itself")

    def test_expect_is_known_in_any_case(self):
        self.client.send(request("POST", "/chat", [LENGTH, ("expect", "100-Continue")]))
        self.assertEqual(self.client.take_until(b"\r\n\r\n"), b"HTTP/1.1 100 Continue\r\n\r\n")

    def test_continue_is_not_sent_when_the_body_is_there_already(self):
        for path in ("/chat", "/streamed"):
            with self.subTest(path):
                response = self.client.send(request("POST", path, [LENGTH, EXPECT], BODY)).read_response()
                self.assertEqual((response.status, response.interim), (200, []))

    def test_continue_is_not_sent_when_there_is_no_body(self):
        response = self.client.send(request("POST", "/streamed", [EXPECT], b"")).read_response()
        self.assertEqual((response.status, response.interim), (200, []))

    def test_continue_is_not_sent_to_http_1_0(self):
        self.client.send(request("POST", "/chat", [LENGTH, EXPECT], version="1.0"))
        self.assertTrue(self.client.silent(0.1))
        response = self.client.send(BODY).read_response()
        self.assertEqual((response.status, response.interim), (200, []))

    def test_continue_is_not_sent_before_a_refusal(self):
        rows = {
            "no route": (request("POST", "/none", [LENGTH, EXPECT]), 404),
            "too large": (request("POST", "/chat", [("Content-Length", "1048577"), EXPECT]), 413),
            "too large for streaming": (request("POST", "/streamed", [("Content-Length", "1048577"), EXPECT]), 413),
            "compressed": (request("POST", "/chat", [LENGTH, EXPECT, ("Content-Encoding", "gzip")]), 415),
            "a broken head": (request("POST", "/chat", [LENGTH, EXPECT, ("Host", "a b")]), 400),
        }
        for name, (raw, status) in rows.items():
            with self.subTest(name), self.gateway.client() as client:
                response = client.send(raw).read_response()
                self.assertEqual((response.status, response.interim), (status, []))
                # Whether the body still comes is the client's choice, so the connection is no longer in step.
                self.assertEqual(response.header("connection"), "close")
                self.assertTrue(client.closed_by_peer())


class EarlyAnswerTest(unittest.TestCase):
    """An answer is never lost to a reset: a client that is still sending must be able to read all of it."""

    def setUp(self):
        self.backend = self.enterContext(Backend())
        config = one_route(self.backend.url, path="/streamed", limits={"body_bytes": "8MiB"})
        config["routes"].insert(0, {"match": {"path": "/chat", "model": "m"}, "to": [{"backend": "main"}]})
        self.gateway = self.enterContext(Gateway(config))

    def sends_all_and_reads_all(self, head, pieces, status):
        with self.gateway.client() as client:
            client.send(head)
            for piece in pieces:
                client.send(piece)  # fails when the gateway resets
            response = client.read_response()
            self.assertEqual(response.status, status)
            self.assertTrue(response.complete)
            self.assertEqual(client.read_until_close(), b"")
            self.assertFalse(client.was_reset)

    def test_a_large_body_may_be_sent_on_after_a_404(self):
        pieces = [b"x" * 100_000] * 70
        head = request("POST", "/none", [("Content-Length", "7000000")])
        self.sends_all_and_reads_all(head, pieces, 404)
        head = request("POST", "/none", [CODING])
        self.sends_all_and_reads_all(head, [*map(chunk, pieces), b"0\r\n\r\n"], 404)

    def test_a_large_body_may_be_sent_on_after_a_413(self):
        pieces = [b"x" * 100_000] * 60
        head = request("POST", "/chat", [("Content-Length", "9000000")])
        self.sends_all_and_reads_all(head, pieces, 413)

    def test_a_large_body_may_be_sent_on_after_a_400(self):
        pieces = [b"x" * 100_000] * 60
        self.sends_all_and_reads_all(request("POST", "/chat", [("Content-Length", "5"), CODING]), pieces, 400)

    def test_a_client_that_never_stops_sending_is_let_go(self):
        with self.gateway.client() as client:
            client.send(request("POST", "/none", [CODING]))
            self.assertEqual(client.read_response().status, 404)
            piece = chunk(b"x" * 1000)
            eventually(lambda: not client.try_send(piece), timeout=8, what="the connection is ended")
        with self.gateway.client() as client:  # ... and so is one that only stays
            client.send(request("POST", "/none", [CODING]))
            self.assertEqual(client.read_response().status, 404)
            eventually(lambda: self.gateway.metric("inferway_client_connections") == 0, timeout=8)

    def test_the_metrics_count_connections_that_were_closed_with_something_unread(self):
        unread = lambda: self.gateway.metric("inferway_lingering_closes_total")  # noqa: E731
        with self.gateway.client() as client:
            client.get("/streamed", [("Connection", "close")]).read_response()
            self.assertTrue(client.closed_by_peer())
        self.assertEqual(unread(), 0)
        with self.gateway.client() as client:
            client.send(request("POST", "/none", [("Content-Length", "10")])).read_response()
            self.assertTrue(client.closed_by_peer())
        eventually(lambda: unread() == 1)

    def test_a_body_that_came_along_does_not_end_the_connection(self):
        with self.gateway.client() as client:
            for _ in range(2):
                response = client.send(request("POST", "/none", body=BODY)).read_response()
                self.assertEqual((response.status, response.header("connection")), (404, None))

    def test_a_backend_may_answer_before_it_has_the_whole_body(self):
        def early(connection):
            connection.read_head()
            connection.send(json_answer({"error": "no"}, 401, reason="Unauthorized"))
            connection.shutdown_write()
            connection.wait_closed()

        with Backend(early) as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            client.send(request("POST", "/streamed", [("Content-Length", "7000000")]) + b"x" * 10_000)
            head = client.read_head()
            self.assertEqual((head.status, head.header("connection")), (401, "close"))
            client.send(b"x" * 3_000_000)
            self.assertEqual(head.finish().json(), {"error": "no"})
            self.assertEqual(client.read_until_close(), b"")
            self.assertFalse(client.was_reset)

    def test_an_early_answer_s_connection_is_not_reused(self):
        backend = self.enterContext(Backend(answering(json_answer(1))))
        backend.handler = lambda c: (c.read_head(), c.send(json_answer(1)), c.wait_closed())
        with Gateway(one_route(backend.url)) as gateway:
            with gateway.client() as client:
                client.send(request("POST", "/streamed", [("Content-Length", "1000")]) + b"x")
                self.assertEqual(client.read_response().status, 200)
            self.assertTrue(backend.wait_for(lambda: backend.connections == 1 and backend.open == 0))


if __name__ == "__main__":
    main()
