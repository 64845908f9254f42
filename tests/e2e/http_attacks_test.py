"""Framing is refused strictly with 400 and close: no request that two parsers could read differently goes upstream.

Each row is sent whole and byte by byte, followed by a request that only a parser that got the framing wrong would
see."""

import unittest

import hostile_bodies
import hostile_heads
from harness import Backend, Gateway, eventually, main, one_route
from hostile_heads import HOST, LENGTH, get, post

HEADS = {name: raw for family in hostile_heads.HEADS.values() for name, raw in family.items()}
BODIES = {name: raw for family in hostile_bodies.BODIES.values() for name, raw in family.items()}


class HttpAttacksTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(Backend())
        config = one_route(cls.backend.url)
        config["routes"].insert(0, {"match": {"path": "/v1/chat/*", "model": "m"}, "to": [{"backend": "main"}]})
        cls.gateway = cls.enterClassContext(Gateway(config))

    def refused(self, raw, status=400, error="bad_request"):
        with self.gateway.client() as client:
            client.try_send(raw)
            response = client.read_response()
            self.assertEqual(response.status, status, response)
            self.assertEqual(response.header("x-inferway-error"), error)
            self.assertEqual(response.header("connection"), "close")
            self.assertTrue(response.complete)
            self.assertEqual(response.json()["error"]["type"], "invalid_request_error")
            self.assertEqual(client.read_until_close(), b"", "a second answer")
            self.assertFalse(client.was_reset, "the answer may be lost to a reset")

    def refused_in_pieces(self, raw):
        with self.gateway.client() as client:
            for i in range(len(raw)):
                if not client.try_send(raw[i : i + 1]):
                    break
            response = client.read_response()
            self.assertEqual(response.status, 400, response)
            self.assertEqual(client.read_until_close(), b"", "a second answer")

    def test_a_head_with_doubtful_framing_is_refused(self):
        for name, raw in HEADS.items():
            with self.subTest(name):
                self.refused(raw)
        self.assertEqual(self.backend.requests, [], "something went upstream")

    def test_a_doubtful_head_is_refused_byte_by_byte_too(self):
        for name, raw in HEADS.items():
            with self.subTest(name):
                self.refused_in_pieces(raw)
        self.assertEqual(self.backend.requests, [], "something went upstream")

    def test_a_body_with_doubtful_chunks_is_refused(self):
        for name, raw in BODIES.items():
            with self.subTest(name):
                self.refused(raw)
        self.assertEqual(self.backend.requests, [], "something went upstream")

    def test_of_a_streamed_body_with_doubtful_chunks_no_whole_request_goes_upstream(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway:
            for name, raw in BODIES.items():
                with self.subTest(name), gateway.client() as client:
                    client.try_send(raw)
                    response = client.read_response()
                    self.assertEqual(response.status, 400, response)
                    self.assertEqual(client.read_until_close(), b"", "a second answer")
            self.assertTrue(backend.wait_for(lambda: backend.open == 0), "a connection upstream was not ended")
            self.assertFalse([r for r in backend.requests if r.whole], "a whole request went upstream")
            self.assertFalse([c for c in backend.all if b"smuggled" in c.received], "smuggled")
            for gauge in ("client_connections", "requests_in_flight", "upstream_in_flight", "buffered_bytes"):
                eventually(lambda gauge=gauge: gateway.metric("inferway_" + gauge) == 0, what=gauge)

    def test_a_path_that_cannot_be_read_is_refused(self):
        # Its request can be told from the next one, so the connection may live on.
        for path in (b"/v1\\files", b'/v1/"files"', b"/v1/{files}", b"/v1/%zz", b"/v1/files%2", b"/v1/%00files"):
            with self.subTest(path), self.gateway.client() as client:
                for _ in range(2):
                    client.send(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n")
                    response = client.read_response()
                    self.assertEqual((response.status, response.header("x-inferway-error")), (400, "bad_request"))
        self.assertEqual(self.backend.requests, [], "something went upstream")

    def test_other_refusals_have_their_own_status(self):
        rows = {
            "CONNECT": (get(method=b"CONNECT", target=b"a.test:443"), 405, "method_not_allowed"),
            "TRACE": (get(method=b"TRACE"), 405, "method_not_allowed"),
            "HTTP/2.0": (get(version=b"HTTP/2.0"), 505, "unsupported_version"),
            "HTTP/1.2": (get(version=b"HTTP/1.2"), 505, "unsupported_version"),
            "HTTP/2's preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "unsupported_version"),
            "an expectation that cannot be met": (post(LENGTH, b"Expect: 200-ok"), 417, "expectation_failed"),
        }
        for name, (raw, status, error) in rows.items():
            with self.subTest(name):
                self.refused(raw, status, error)
        self.assertEqual(self.backend.requests, [], "something went upstream")


if __name__ == "__main__":
    main()
