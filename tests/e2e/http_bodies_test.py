"""Bodies both ways, as they are framed: length, chunks, the connection's end; HEAD, trailers, interim answers."""

import threading
import unittest

from harness import (
    Backend,
    Gateway,
    answer,
    answering,
    chunk,
    chunked,
    close_delimited_answer,
    json_answer,
    main,
    one_route,
    request,
)


def echo(got):
    """Says what arrived: the target as a field, the body as the body."""
    return answer(200, [("Content-Type", "application/octet-stream"), ("X-Target", got.target)], got.body)


class HttpBodiesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(Backend(answering(echo)))
        config = one_route(cls.backend.url)
        config["routes"].insert(
            0, {"match": {"path": "/by-model/*", "model": "m"}, "to": [{"backend": "main"}]}
        )
        cls.gateway = cls.enterClassContext(Gateway(config))

    def setUp(self):
        self.client = self.enterContext(self.gateway.client())

    def gateway_with(self, handler, **options):
        backend = self.enterContext(Backend(handler))
        return backend, self.enterContext(Gateway(one_route(backend.url, **options)))

    def test_http_1_0_never_gets_chunks(self):
        chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"abc", b"def")
        _, gateway = self.gateway_with(answering(chunks))
        with gateway.client() as client:
            client.send(request("GET", "/", [("Connection", "keep-alive")], version="1.0"))
            response = client.read_response()
            self.assertEqual(response.body, b"abcdef")
            self.assertIsNone(response.header("transfer-encoding"))
            self.assertEqual(response.header("connection"), "close")
            self.assertTrue(response.complete)

    def test_request_bodies_arrive_as_they_were_sent(self):
        rows = {
            "empty": b"",
            "one byte": b"x",
            "a head's buffer": b"y" * 4096,
            "a block and one byte": b"z" * 65537,
            "a megabyte": bytes(range(256)) * 4096,
        }
        for name, body in rows.items():
            for path in ("/streamed", "/by-model/x"):
                # A body that is read for its model has to be JSON.
                payload = b'{"model":"m","x":"' + body.hex().encode() + b'"}' if path != "/streamed" else body
                with self.subTest(name, path=path, framing="length"):
                    self.client.send(request("POST", path, body=payload))
                    self.assertEqual(self.client.read_response(timeout=20).body, payload)
                with self.subTest(name, path=path, framing="chunked"):
                    pieces = [payload[i : i + 7001] for i in range(0, len(payload), 7001)]
                    self.client.send(request("POST", path, [("Transfer-Encoding", "chunked")], chunked(*pieces)))
                    self.assertEqual(self.client.read_response(timeout=20).body, payload)

    def test_answers_arrive_as_the_backend_framed_them(self):
        body = bytes(range(256)) * 1024
        head = b"HTTP/1.1 200 OK\r\nX-Any: a\r\n"
        pieces = [body[i : i + 30001] for i in range(0, len(body), 30001)]
        rows = {
            "length": (head + b"Content-Length: %d\r\n\r\n" % len(body) + body, "content-length"),
            "chunked": (head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(*pieces), "transfer-encoding"),
            "until close": (close_delimited_answer(body), "transfer-encoding"),
            "HTTP/1.0": (close_delimited_answer(body, version="1.0"), "transfer-encoding"),
        }
        for name, (raw, framing) in rows.items():

            def handle(connection, raw=raw):
                connection.read_request()
                connection.send(raw)

            _, gateway = self.gateway_with(handle)
            with self.subTest(name), gateway.client() as client:
                response = client.get("/").read_response()
                self.assertEqual((response.status, bytes(response.body)), (200, body))
                self.assertIsNotNone(response.header(framing), response.headers)
                self.assertEqual(client.get("/").read_response().status, 200, "the connection lives on")

    def test_the_answer_to_head_has_a_head_only(self):
        rows = {
            "with a length": b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\nX-Any: a\r\n\r\n",
            "with chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Any: a\r\n\r\n",
            "with neither": b"HTTP/1.1 200 OK\r\nX-Any: a\r\n\r\n",
        }
        for name, raw in rows.items():
            backend, gateway = self.gateway_with(answering(raw))
            with self.subTest(name), gateway.client() as client:
                for _ in range(2):
                    response = client.get("/", method="HEAD").read_response(head_request=True)
                    self.assertEqual((response.status, response.header("x-any")), (200, "a"))
                    if name == "with a length":
                        self.assertEqual(response.header("content-length"), "12345")
                self.assertEqual(backend.requests[0].method, "HEAD")
                self.assertEqual(backend.connections, 1, "the connection upstream was kept")

    def test_204_and_304_have_no_body(self):
        for status in (204, 304):
            raw = f"HTTP/1.1 {status} Nothing\r\nX-Any: a\r\n\r\n".encode()
            backend, gateway = self.gateway_with(answering(raw))
            with self.subTest(status), gateway.client() as client:
                for _ in range(2):
                    response = client.get("/").read_response()
                    self.assertEqual((response.status, response.reason, response.body), (status, "Nothing", b""))
                    self.assertIsNone(response.header("transfer-encoding"))
                self.assertEqual(backend.connections, 1)

    def test_trailers_of_a_request_are_dropped(self):
        for path, body in (("/streamed", b"abc"), ("/by-model/x", b'{"model":"m"}')):
            with self.subTest(path):
                trailers = b"X-Trailer: secret\r\nContent-Length: 7\r\n"
                headers = [("Transfer-Encoding", "chunked"), ("Trailer", "X-Trailer")]
                self.client.send(request("POST", path, headers, chunked(body, trailers=trailers)))
                self.assertEqual(self.client.read_response().body, body)
                raw = bytes(self.backend.requests[-1].raw).lower()
                self.assertNotIn(b"trailer", raw)
                self.assertNotIn(b"secret", raw)

    def test_trailers_of_an_answer_are_dropped(self):
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Trailer\r\n\r\n"
        backend, gateway = self.gateway_with(answering(head + chunked(b"abc", trailers=b"X-Trailer: secret\r\n")))
        with gateway.client() as client:
            for _ in range(2):
                response = client.get("/").read_response()
                self.assertEqual(response.body, b"abc")
                self.assertTrue(response.complete)
                self.assertNotIn(b"trailer", response.raw.lower())
            self.assertEqual(backend.connections, 1, "the connection upstream was kept")

    def test_chunk_extensions_are_skipped(self):
        body = b'3;a=b\r\nabc\r\n3; x="y;\\"z" ;q\r\ndef\r\n0;last\r\n\r\n'
        self.client.send(request("POST", "/a", [("Transfer-Encoding", "chunked")], body))
        self.assertEqual(self.client.read_response().body, b"abcdef")
        self.assertNotIn(b"last", self.backend.requests[-1].raw)

    def test_bodies_stream_up_before_they_are_whole(self):
        arrived = threading.Semaphore(0)

        def handle(connection):
            got = connection.read_head()
            while len(connection.received) < len(got.raw) + 4:
                connection._receive()  # pylint: disable=protected-access
            arrived.release()
            connection.read_body(got)
            connection.send(json_answer(len(got.body)))

        for framing, first, rest in (
            ("Content-Length: 8", b"1234", b"5678"),
            ("Transfer-Encoding: chunked", chunk(b"1234"), chunked(b"5678")),
        ):
            _, gateway = self.gateway_with(handle)
            with self.subTest(framing), gateway.client() as client:
                client.send(f"POST /up HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n".encode() + first)
                self.assertTrue(arrived.acquire(timeout=5), "the first half did not arrive alone")
                client.send(rest)
                self.assertEqual(client.read_response().json(), 8)

    def test_interim_answers_pass_to_http_1_1_only(self):
        early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        _, gateway = self.gateway_with(answering(early + json_answer(1)))
        with gateway.client() as client:
            response = client.get("/").read_response()
            self.assertEqual([status for status, _ in response.interim], [103])
            self.assertIn(("Link", "</a>"), response.interim[0][1])
        with gateway.client() as client:
            client.send(request("GET", "/", version="1.0"))
            response = client.read_response()
            self.assertEqual((response.interim, response.json()), ([], 1))


if __name__ == "__main__":
    main()
