"""Every limit of the contract has its answer and its figure in the metrics."""

import unittest

from harness import Backend, Gateway, chunk, chunked, eventually, main, one_route, request

LIMITS = {"header_bytes": "1KiB", "header_count": 10, "body_bytes": "64KiB"}
CODING = [("Transfer-Encoding", "chunked")]


def by_model(url, **top):
    """A route that needs the model, and beside it one that does not."""
    config = one_route(url, **top)
    config["routes"].insert(0, {"name": "chat", "match": {"path": "/chat", "model": "m"}, "to": [{"backend": "main"}]})
    return config


def json_body(size):
    front = b'{"model":"m","x":"'
    return front + b"x" * (size - len(front) - 2) + b'"}'


class HttpLimitsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(Backend())
        cls.gateway = cls.enterClassContext(Gateway(by_model(cls.backend.url, limits=LIMITS)))

    def limit_reached(self, limit):
        return self.gateway.metric("inferway_limit_reached_total", limit=limit)

    def refused(self, raw, status, error, limit):
        before, went_up = self.limit_reached(limit), len(self.backend.requests)
        with self.gateway.client() as client:
            client.try_send(raw)
            response = client.read_response()
            self.assertEqual((response.status, response.header("x-inferway-error")), (status, error), response)
            self.assertEqual(response.header("connection"), "close")
            self.assertEqual(response.json()["error"]["code"], error)
            self.assertEqual(client.read_until_close(), b"")
        self.assertEqual(len(self.backend.requests), went_up, "it went upstream")
        self.assertEqual(self.limit_reached(limit), before + 1, "the metric does not show it")

    def test_a_head_larger_than_header_bytes_is_answered_431(self):
        exact = request("GET", "/", [("X-Pad", "x" * 1024)])
        exact = exact.replace(b"x" * 1024, b"x" * (1024 - (len(exact) - 1024)))
        self.assertEqual(len(exact), 1024)
        with self.gateway.client() as client:
            self.assertEqual(client.send(exact).read_response().status, 200, "exactly the limit is allowed")
        rows = {
            "by one byte": exact.replace(b"xx", b"xxx", 1),
            "in its target": request("GET", "/" + "a" * 1024),
            "without an end": b"GET / HTTP/1.1\r\nX-Pad: " + b"x" * 5000,
            "by far": request("GET", "/", [("X-Pad", "x" * 100_000)]),
            "in many small fields": request("GET", "/", [(f"X-{i}", "x" * 100) for i in range(10)]),
        }
        for name, raw in rows.items():
            with self.subTest(name):
                self.refused(raw, 431, "header_too_large", "header")

    def test_a_head_with_more_fields_than_header_count_is_answered_431(self):
        fields = [(f"X-{i}", "x") for i in range(9)]  # and Host
        with self.gateway.client() as client:
            self.assertEqual(client.get("/", fields).read_response().status, 200, "exactly the limit is allowed")
        self.refused(request("GET", "/", [*fields, ("X-More", "x")]), 431, "header_too_large", "header")

    def test_a_body_larger_than_body_bytes_is_answered_413(self):
        limit = 64 * 1024
        for path in ("/chat", "/streamed"):
            for name, headers, body in (
                ("length", [], json_body(limit)),
                ("chunked", CODING, chunked(json_body(limit)[:1000], json_body(limit)[1000:])),
            ):
                with self.subTest("exactly the limit is allowed", path=path, framing=name):
                    with self.gateway.client() as client:
                        client.send(request("POST", path, headers, body))
                        self.assertEqual(client.read_response().status, 200)
        with self.subTest("announced"):
            head = request("POST", "/chat", [("Content-Length", str(limit + 1))])
            self.refused(head, 413, "body_too_large", "body_bytes")
            self.refused(head.replace(b"/chat", b"/streamed"), 413, "body_too_large", "body_bytes")
        with self.subTest("found out"):
            body = chunk(json_body(limit)) + chunk(b" ")
            self.refused(request("POST", "/chat", CODING, body), 413, "body_too_large", "body_bytes")

    def test_a_streamed_body_larger_than_body_bytes_never_ends_upstream(self):
        with self.gateway.client() as client:
            client.try_send(request("POST", "/streamed", CODING, chunk(b"x" * 60_000) + chunk(b"x" * 60_000)))
            response = client.read_response()
            self.assertEqual((response.status, response.header("x-inferway-error")), (413, "body_too_large"))
        self.assertTrue(self.backend.wait_for(lambda: not self.backend.requests or self.backend.open == 0))
        self.assertFalse(self.backend.requests and self.backend.requests[-1].target == "/streamed"
                         and len(self.backend.requests[-1].body) > 65_536 and self.backend.requests[-1].whole)

    def test_the_limits_in_force_stand_in_the_metrics(self):
        wants = {"header_bytes": 1024, "header_count": 10, "body_bytes": 65_536, "buffered_bytes": 1 << 30}
        for limit, want in wants.items():
            with self.subTest(limit):
                self.assertEqual(self.gateway.metric("inferway_limit", limit=limit), want)

    def test_an_oversized_head_is_answered_in_full_whatever_came_before(self):
        rows = {
            "HEAD": request("HEAD", "/"),
            "HTTP/1.0": request("GET", "/", [("Connection", "keep-alive")], version="1.0"),
        }
        for name, first in rows.items():
            with self.subTest(name), self.gateway.client() as client:
                client.send(first).read_response(head_request=name == "HEAD")
                client.try_send(request("GET", "/", [("X-Pad", "x" * 5000)]))
                response = client.read_response()
                self.assertEqual(response.status, 431)
                self.assertEqual(response.json()["error"]["code"], "header_too_large")


class ConnectionLimitTest(unittest.TestCase):
    def test_connections_beyond_the_limit_get_503_and_are_closed(self):
        with Backend() as backend, Gateway(one_route(backend.url, limits={"connections": 3})) as gateway:
            clients = [self.enterContext(gateway.client()) for _ in range(3)]
            for client in clients:
                self.assertEqual(client.get("/").read_response().status, 200)
            for _ in range(3):
                with gateway.client() as more:
                    response = more.read_response()
                    self.assertEqual((response.status, response.header("x-inferway-error")), (503, "overloaded"))
                    self.assertEqual(response.header("connection"), "close")
                    self.assertIsNotNone(response.header("retry-after"))
                    self.assertTrue(more.closed_by_peer())
            self.assertEqual(clients[0].get("/").read_response().status, 200, "those within the limit go on")
            self.assertEqual(gateway.metric("inferway_limit_reached_total", limit="connections"), 3)
            self.assertEqual(gateway.admin_get("/live").status, 200, "the admin port is not counted")
            clients[0].close()

            def served():
                with gateway.client() as again:
                    return again.get("/").read_response().status == 200

            eventually(served, what="a freed place is given away")


    def test_the_limit_is_lowered_to_what_the_kernel_allows_and_the_gateway_starts_all_the_same(self):
        with Backend() as backend, Gateway(one_route(backend.url), prefix=("prlimit", "--nofile=200:400")) as gateway:
            self.assertIn("limits.connections is lowered to", gateway.wait_log('"warn"'))
            allowed = int(gateway.metric("inferway_limit", limit="connections"))
            self.assertTrue(50 <= allowed < 400, allowed)
            clients = [self.enterContext(gateway.client()) for _ in range(allowed)]
            for client in clients:
                self.assertEqual(client.get("/").read_response().status, 200)
            with gateway.client() as more:
                self.assertEqual(more.read_response().status, 503)


class BufferedBytesTest(unittest.TestCase):
    def setUp(self):
        self.backend = self.enterContext(Backend())
        config = by_model(self.backend.url, limits={"buffered_bytes": "512KiB", "body_bytes": "512KiB"})
        self.gateway = self.enterContext(Gateway(config))

    def held(self):
        return self.gateway.metric("inferway_buffered_bytes")

    def test_bodies_beyond_buffered_bytes_are_answered_503_with_retry_after(self):
        body = json_body(300_000)
        for framing in ([], CODING):
            with self.subTest(framing), self.gateway.client() as first, self.gateway.client() as second:
                first.send(request("POST", "/chat", [("Content-Length", str(len(body)))]) + body[:-1])
                eventually(lambda: self.held() >= len(body) - 10_000, what="the first body is held")
                second.try_send(request("POST", "/chat", framing, chunked(body) if framing else body))
                response = second.read_response()
                self.assertEqual((response.status, response.header("x-inferway-error")), (503, "overloaded"))
                self.assertIsNotNone(response.header("retry-after"))
                first.send(body[-1:])
                self.assertEqual(first.read_response().status, 200, "the one that was there first is served")
                eventually(lambda: self.held() == 0, what="what was held is given back")
                with self.gateway.client() as third:
                    self.assertEqual(third.send(request("POST", "/chat", body=body)).read_response().status, 200)
        self.assertEqual(self.gateway.metric("inferway_limit_reached_total", limit="buffered_bytes"), 2)

    def test_bytes_are_charged_as_they_arrive_not_as_announced(self):
        announced = request("POST", "/chat", [("Content-Length", "500000")]) + b'{"model"'
        clients = [self.enterContext(self.gateway.client()) for _ in range(5)]
        for client in clients:
            client.send(announced)
        with self.gateway.client() as client:
            self.assertEqual(client.send(request("POST", "/chat", body=json_body(100_000))).read_response().status, 200)

    def test_what_a_client_that_left_had_sent_is_given_back(self):
        with self.gateway.client() as client:
            client.send(request("POST", "/chat", [("Content-Length", "400000")]) + b"{" + b" " * 300_000)
            eventually(lambda: self.held() >= 290_000, what="the body is held")
        eventually(lambda: self.held() == 0, what="what was held is given back")

    def test_a_streamed_body_is_not_buffered(self):
        with self.gateway.client() as client:
            for _ in range(5):
                client.send(request("POST", "/streamed", body=b"x" * 500_000))
                self.assertEqual(client.read_response().status, 200)
        self.assertEqual(self.gateway.metric("inferway_limit_reached_total", limit="buffered_bytes"), 0)


if __name__ == "__main__":
    main()
