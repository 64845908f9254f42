"""Whatever a peer can make grow ends: each of these is sent for ever, and broken off after a bounded number of bytes.

The bounds themselves stand in docs/limits.md, and are met exactly in the tests of each."""

import itertools
import unittest

from flooding import GROWTH, resident_bytes
from harness import Backend, Gateway, main, one_route
from hostile_heads import HOST
from model_backend import sse_head
from raw_client import ConnectionEnded, chunk

ENOUGH = 40_000_000  # what the kernel holds for both ends is a part of it, and of this
CHUNKED = b"POST %s HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
STREAMED, ROUTED = CHUNKED % b"/streamed", CHUNKED % b"/routed"
FEW_HEADS = b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" * 100

# What is sent first, and then again and again; the status that comes.
REQUESTS = {
    "a method": (b"G", b"G" * 8192, 431),
    "a target": (b"GET /", b"a" * 8192, 431),
    "a query": (b"GET /?", b"a=b&" * 2048, 431),
    "a field's name": (b"GET / HTTP/1.1\r\n" + HOST, b"a" * 8192, 431),
    "a field's value": (b"GET / HTTP/1.1\r\n" + HOST + b"A: ", b"a" * 8192, 431),
    "fields": (b"GET / HTTP/1.1\r\n" + HOST, b"A: b\r\n" * 1024, 431),
    "a Connection list": (b"GET / HTTP/1.1\r\n" + HOST + b"Connection: ", b"a, " * 2048, 431),
    "empty lines": (b"", b"\r\n" * 4096, 400),
    "a chunk's size": (STREAMED, b"0" * 8192, 400),
    "a chunk's extension": (STREAMED + b"1;", b"a" * 8192, 400),
    "chunk extensions": (STREAMED, b"1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n" * 256, 400),
    "chunk extensions of a body that is routed": (ROUTED + b'1;a\r\n{\r\n', b"1;aaaaaaaaaaaaaaaaaa\r\n \r\n" * 256, 400),
    "a trailer": (STREAMED + b"0\r\nA: ", b"a" * 8192, 400),
    "trailers": (STREAMED + b"0\r\n", b"A: b\r\n" * 1024, 400),
    "a body": (STREAMED, chunk(b"a" * 8192), 413),
    "a body that is routed": (ROUTED + chunk(b'{"a":"'), chunk(b"a" * 8192), 413),
    # What is wrong with a body's JSON is said when all of it is there; what it takes until then is bounded all the same.
    "arrays in arrays": (ROUTED, chunk(b"[" * 8192), 413),
    "objects in objects": (ROUTED, chunk(b'{"a":' * 1024), 413),
    "a model's name": (ROUTED + chunk(b'{"model":"'), chunk(b"a" * 8192), 413),
}

ANSWERS = {
    "a status line": (b"HTTP/1.1 200 ", b"a" * 8192),
    "a field": (b"HTTP/1.1 200 OK\r\nA: ", b"a" * 8192),
    "fields": (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 1024),
    "interim answers": (b"", FEW_HEADS),
    "continues": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 256),
}

BODIES = {
    "a chunk's extension": (b"1;", b"a" * 8192),
    "chunk extensions": (b"", b"1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n" * 256),
    "a trailer": (b"0\r\nA: ", b"a" * 8192),
    "trailers": (b"0\r\n", b"A: b\r\n" * 1024),
}


def config(backend):
    limits = {"body_bytes": "1MiB"}
    whole = one_route(backend.url, limits=limits)
    whole["routes"].insert(0, {"match": {"path": "/routed", "model": "m"}, "to": [{"backend": "main"}]})
    return whole


def send_for_ever(connection, front, again):
    """How much was sent until the gateway ended the connection."""
    sent = 0
    try:
        for piece in itertools.chain([front], itertools.repeat(again)):
            connection.send(piece)
            sent += len(piece)
            if sent > ENOUGH:
                return sent
    except OSError:
        pass
    return sent


class EndlessRequestTest(unittest.TestCase):
    def test_is_refused_after_a_bounded_number_of_bytes(self):
        with Backend() as backend, Gateway(config(backend)) as gateway:
            before = resident_bytes(gateway.pid)
            for name, (front, again, status) in REQUESTS.items():
                with self.subTest(name), gateway.client() as client:
                    client.send(front + again * 64)  # some more than any of these may be, but for bodies
                    if status == 413:
                        send_for_ever(client, b"", again)
                    response = client.read_response()
                    self.assertEqual((response.status, response.header("connection")), (status, "close"), response)
                    self.assertLess(send_for_ever(client, b"", again), ENOUGH)
            self.assertFalse([one for one in backend.requests if one.whole])
            self.assertLess(resident_bytes(gateway.pid) - before, GROWTH)


class EndlessAnswerTest(unittest.TestCase):
    def test_is_a_bad_response_after_a_bounded_number_of_bytes(self):
        sent = []

        def handle(connection):
            front, again = ANSWERS[connection.read_request().target[1:].replace("_", " ")]
            sent.append(send_for_ever(connection, front, again))

        with Backend(handle) as backend, Gateway(config(backend)) as gateway:
            for name in ANSWERS:
                with self.subTest(name), gateway.client() as client:
                    response = client.get("/" + name.replace(" ", "_")).read_response()
                    self.assertEqual(response.header("x-inferway-error"), "bad_response")
            self.assertTrue(backend.wait_for(lambda: backend.open == 0))
        self.assertEqual(len(sent), len(ANSWERS))
        self.assertLess(max(sent), ENOUGH)

    def test_is_a_cut_where_the_head_has_gone_out(self):
        sent = []

        def handle(connection):
            front, again = BODIES[connection.read_request().target[1:].replace("_", " ")]
            connection.send(sse_head() + chunk(b"data: a\n\n"))
            sent.append(send_for_ever(connection, front, again))

        with Backend(handle) as backend, Gateway(config(backend)) as gateway:
            for name in BODIES:
                with self.subTest(name), gateway.client() as client:
                    response = client.get("/" + name.replace(" ", "_")).read_head()
                    try:
                        response.finish()
                    except ConnectionEnded:
                        pass
                    self.assertTrue(not response.complete or b"bad_response" in response.body, response.body[-300:])
            self.assertTrue(backend.wait_for(lambda: backend.open == 0))
        self.assertLess(max(sent), ENOUGH)


if __name__ == "__main__":
    main()
