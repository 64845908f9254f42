"""Requests that are in order, and yet have led others astray: what goes upstream is what was logged, one for one.

Each row is sent at once on one connection. The backend keeps every byte it gets; in the end all the readers of
readers.py have to see the same requests in them, which are those in the access log."""

import unittest
from dataclasses import dataclass, field

from harness import Backend, Gateway, chunk, eventually, main, one_route
from hostile_heads import HOST, SMUGGLED
from readers import disagreements, read

AFTER = b"GET /after HTTP/1.1\r\n" + HOST + b"\r\n"
SEEN_AFTER = ("GET", "/after", b"")


@dataclass
class Row:
    raw: bytes
    answers: tuple  # the final statuses, in order
    seen: list = field(default_factory=list)  # by the backend: (method, target, body)
    closed: bool = False  # behind the last answer


def message(line, *fields, body=b""):
    return line + b" HTTP/1.1\r\n" + HOST + b"".join(one + b"\r\n" for one in fields) + b"\r\n" + body


def with_length(line, body, *fields):
    return message(line, b"Content-Length: %d" % len(body), *fields, body=body)


def with_chunks(line, *fields, body=SMUGGLED, trailers=b""):
    return message(line, b"Transfer-Encoding: chunked", *fields, body=chunk(body) + b"0\r\n" + trailers + b"\r\n")


def passes(raw, *seen):
    """Both this and what follows it are served."""
    return Row(raw + AFTER, (200,) * (len(seen) + 1), [*seen, SEEN_AFTER])


def refused(raw, status=400):
    return Row(raw + AFTER, (status,), closed=True)


def expecting(value, **more):
    return with_length(b"POST /a", SMUGGLED, b"Expect:" + value, **more)


UPGRADE = (b"Connection: Upgrade, HTTP2-Settings", b"HTTP2-Settings: AAMAAABkAAQAAP__")
WEBSOCKET = (b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
BODY = ("POST", "/a", SMUGGLED)

ROWS = {
    # RFC 9110 section 9.3.1: a body where none is usual (CL.0, TE.0), none where one is usual.
    "GET with a length": passes(with_length(b"GET /a", SMUGGLED), ("GET", "/a", SMUGGLED)),
    "GET with chunks": passes(with_chunks(b"GET /a"), ("GET", "/a", SMUGGLED)),
    "DELETE with a length": passes(with_length(b"DELETE /a", SMUGGLED), ("DELETE", "/a", SMUGGLED)),
    "OPTIONS with chunks": passes(with_chunks(b"OPTIONS /a"), ("OPTIONS", "/a", SMUGGLED)),
    "an unknown method with a length": passes(with_length(b"BREW /a", SMUGGLED), ("BREW", "/a", SMUGGLED)),
    "POST without a body": passes(message(b"POST /a") + SMUGGLED, ("POST", "/a", b""), ("GET", "/smuggled", b"")),
    "POST with length zero": passes(
        message(b"POST /a", b"Content-Length: 0") + SMUGGLED, ("POST", "/a", b""), ("GET", "/smuggled", b"")
    ),
    "POST with no chunk but the last": passes(
        message(b"POST /a", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n") + SMUGGLED,
        ("POST", "/a", b""),
        ("GET", "/smuggled", b""),
    ),
    "a length with zeros in front": passes(
        message(b"POST /a", b"Content-Length: 0000%d" % len(SMUGGLED), body=SMUGGLED), BODY
    ),
    "a length with a tab before it": passes(
        message(b"POST /a", b"Content-Length:\t%d \t" % len(SMUGGLED), body=SMUGGLED), BODY
    ),
    "chunked in capitals": passes(
        message(b"POST /a", b"TRANSFER-ENCODING:\tCHUNKED ", body=chunk(SMUGGLED) + b"0\r\n\r\n"), BODY
    ),
    "chunks with extensions": passes(
        message(
            b"POST /a",
            b"Transfer-Encoding: chunked",
            body=b'%x;a;b="\\"0" ; c = d\r\n%s\r\n000;e\r\n\r\n' % (len(SMUGGLED), SMUGGLED),
        ),
        BODY,
    ),
    # RFC 9110 section 10.1.1: the gateway meets the expectation, and no backend hears of it (0.CL).
    "an expectation": passes(expecting(b" 100-continue"), BODY),
    "an expectation without a blank, in capitals": passes(expecting(b"100-CONTINUE\t"), BODY),
    "an expectation of a GET": passes(
        with_length(b"GET /a", SMUGGLED, b"Expect: 100-continue"), ("GET", "/a", SMUGGLED)
    ),
    "an expectation without a body": passes(message(b"GET /a", b"Expect: 100-continue"), ("GET", "/a", b"")),
    "an expectation that no route has": Row(
        with_length(b"POST /none", SMUGGLED, b"Expect: 100-continue") + AFTER, (404, 200), [SEEN_AFTER]
    ),
    "another expectation": refused(expecting(b" y"), 417),
    "another expectation before it": refused(expecting(b" y 100-continue"), 417),
    "another expectation in a list": refused(expecting(b" 100-continue, y"), 417),
    "an expectation with a parameter": refused(expecting(b" 100-continue;a"), 417),
    "an expectation twice": refused(expecting(b" 100-continue\r\nExpect: 100-continue"), 417),
    "an empty expectation": refused(expecting(b""), 417),
    "an expectation with a byte beyond ASCII": refused(expecting(b" 100-continue\x85"), 417),
    "an expectation on a folded line": refused(expecting(b"\r\n 100-continue")),
    "an expectation with a blank before its colon": refused(
        with_length(b"POST /a", SMUGGLED, b"Expect : 100-continue")
    ),
    # RFC 9112 section 7.1.2: trailers never become fields.
    "a trailer that is a length": passes(with_chunks(b"POST /a", trailers=b"Content-Length: 3\r\n"), BODY),
    "a trailer that is a coding": passes(with_chunks(b"POST /a", trailers=b"Transfer-Encoding: x\r\n"), BODY),
    "a trailer that is a Host": passes(with_chunks(b"POST /a", trailers=b"Host: other.test\r\n"), BODY),
    "a trailer that is announced": passes(
        with_chunks(b"POST /a", b"Trailer: Authorization", trailers=b"Authorization: Bearer x\r\n"), BODY
    ),
    "trailers are asked for": passes(with_chunks(b"POST /a", b"TE: trailers, chunked;q=0.5"), BODY),
    # RFC 9110 section 7.6.1: Connection takes away nothing that frames or addresses the message.
    **{
        f"Connection names {name.decode()}": passes(with_length(b"POST /a", SMUGGLED, b"Connection: " + name), BODY)
        for name in (b"Content-Length", b"Host", b"Content-Type", b"Transfer-Encoding, content-length", b"Connection")
    },
    "Connection names Transfer-Encoding of chunks": passes(
        with_chunks(b"POST /a", b"Connection: Transfer-Encoding"), BODY
    ),
    "Connection names Expect": passes(expecting(b" 100-continue\r\nConnection: expect"), BODY),
    # RFC 9110 section 7.8: no protocol but WebSocket is switched to, and none by a handshake that fails.
    "an upgrade to h2c": passes(message(b"GET /a", b"Upgrade: h2c", *UPGRADE), ("GET", "/a", b"")),
    "an upgrade to h2c with a body": passes(with_length(b"POST /a", SMUGGLED, b"Upgrade: h2c", *UPGRADE), BODY),
    "an upgrade to h2c that hides": passes(message(b"GET /a", b"Upgrade: H2C,TLS/1.0", *UPGRADE), ("GET", "/a", b"")),
    "an upgrade to TLS": passes(
        message(b"OPTIONS /a", b"Upgrade: TLS/1.2", b"Connection: upgrade"), ("OPTIONS", "/a", b"")
    ),
    "a WebSocket of another version": Row(
        message(b"GET /a", *WEBSOCKET, b"Sec-WebSocket-Version: 777") + SMUGGLED, (426,), closed=True
    ),
    "a WebSocket with a body": refused(with_length(b"GET /a", SMUGGLED, *WEBSOCKET, b"Sec-WebSocket-Version: 13")),
    "a WebSocket that is a POST": refused(message(b"POST /a", *WEBSOCKET, b"Sec-WebSocket-Version: 13")),
    "a WebSocket that the backend declines": Row(
        message(b"GET /a", *WEBSOCKET, b"Sec-WebSocket-Version: 13") + SMUGGLED, (200,), [("GET", "/a", b"")], True
    ),
    # RFC 9112 sections 9.3 and 9.6: what stands behind the last request of a connection is not served.
    "behind Connection: close": Row(message(b"GET /a", b"Connection: close") + AFTER, (200,), [("GET", "/a", b"")], True),
    "behind HTTP/1.0": Row(b"GET /a HTTP/1.0\r\n\r\n" + AFTER, (200,), [("GET", "/a", b"")], True),
    "behind HTTP/1.0 with a length": Row(
        b"POST /a HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED + AFTER, (200,), [BODY], True
    ),
    "behind HTTP/1.0 that stays": passes(
        b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", ("GET", "/a", b"")
    ),
    "HTTP/1.0 that stays with chunks": refused(
        b"POST /a HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "HTTP/1.0 with an expectation": Row(
        b"POST /a HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n", (200,), [("POST", "/a", b"")], True
    ),
    # Behind an error.
    "behind a request that is none": Row(AFTER + b"GE T / HTTP/1.1\r\n\r\n" + AFTER, (200, 400), [SEEN_AFTER], True),
    "behind a body that breaks": Row(
        AFTER + message(b"POST /whole", b"Transfer-Encoding: chunked", body=b"zz\r\n") + AFTER, (200, 400), [SEEN_AFTER],
        True,
    ),
    "behind no route": Row(with_length(b"POST /none", SMUGGLED) + AFTER, (404, 200), [SEEN_AFTER]),
    "behind a path that is none": Row(with_length(b"POST /%zz", SMUGGLED) + AFTER, (400, 200), [SEEN_AFTER]),
    # RFC 9112 section 3.2.2: the target's authority goes before Host; neither is the backend's.
    "a URL as target": passes(message(b"GET http://other.test/a"), ("GET", "/a", b"")),
    "a URL as target with dot segments": passes(message(b"GET http://other.test/b/%2e%2E/a"), ("GET", "/a", b"")),
    "two empty lines before it": passes(b"\r\n\r\n" + message(b"GET /a"), ("GET", "/a", b"")),
}


class SmugglingTest(unittest.TestCase):
    def gateway(self, backend, **top):
        config = one_route(backend.url, **top)
        config["routes"] = [
            {"match": {"path": "/none", "headers": {"x-none": "x"}}, "to": [{"backend": "main"}]},
            {"match": {"path": "/whole", "model": "m"}, "to": [{"backend": "main"}]},
            *({"match": {"path": path}, "to": [{"backend": "main"}], "retry": {"attempts": 0}}
              for path in ("/a", "/after", "/smuggled")),
        ]
        return Gateway(config)

    def check(self, gateway, backend, row):
        before = len(backend.requests)
        with gateway.client() as client:
            client.send(row.raw)
            self.assertEqual([client.read_response().status for _ in row.answers], list(row.answers))
            if row.closed:
                self.assertEqual(client.read_until_close(), b"", "an answer that nobody asked for")
            self.assertEqual(client.buffer, b"", "an answer that nobody asked for")
        seen = [(request.method, request.target, request.body) for request in backend.requests[before:]]
        self.assertEqual(seen, row.seen)

    def test_the_backend_sees_what_was_asked_and_no_more(self):
        with Backend() as backend, self.gateway(backend) as gateway:
            for name, row in ROWS.items():
                with self.subTest(name):
                    self.check(gateway, backend, row)
            answers = sum(len(row.answers) for row in ROWS.values())
            log = gateway.access_log(answers)
            self.assertEqual(len(log), answers, "one record for each answer")
            upstream = sorted((record["method"], record["path"]) for record in log if record.get("attempts"))
            self.assertEqual(upstream, sorted((request.method, request.target) for request in backend.requests))
            eventually(lambda: gateway.metric("inferway_client_connections") == 0)
        for connection in backend.all:
            self.assertEqual(disagreements(connection.received), [], bytes(connection.received))
            self.assertTrue(read(connection.received))

    def test_of_what_is_only_between_client_and_gateway_nothing_goes_up(self):
        with Backend() as backend, self.gateway(backend) as gateway:
            for name, row in ROWS.items():
                with self.subTest(name):
                    self.check(gateway, backend, row)
        hop = ("connection", "upgrade", "http2-settings", "te", "trailer", "expect", "keep-alive", "proxy-connection")
        for request in backend.requests:
            websocket = request.header("upgrade") == "websocket"
            for name in hop:
                if not (websocket and name in ("connection", "upgrade")):
                    self.assertEqual(request.headers_named(name), [], request.raw)
            self.assertEqual(request.headers_named("host"), [backend.url.split("://")[1]])
            self.assertNotIn("authorization", [name.lower() for name, _ in request.headers])

    def test_many_requests_at_once_are_served_one_by_one(self):
        with Backend() as backend, self.gateway(backend) as gateway, gateway.client() as client:
            client.send(b"".join(message(b"GET /a?%d" % i) for i in range(500)))
            for i in range(500):
                self.assertEqual(client.read_response().status, 200, i)
            self.assertEqual([request.target for request in backend.requests], [f"/a?{i}" for i in range(500)])
            self.assertEqual(backend.connections, 1)
            eventually(lambda: gateway.metric("inferway_requests_total", status="200") == 500)

    def test_a_body_that_comes_behind_its_answer_is_no_request(self):
        """A client, or a page in a browser, holds the body back until the head has been answered."""
        length = b"Content-Length: %d" % len(SMUGGLED)
        coding = b"Transfer-Encoding: chunked"
        rows = {
            "no route": (message(b"POST /none", length), 404),
            "no route, chunks": (message(b"POST /none", coding), 404),
            "no route for a GET": (message(b"GET /none", length), 404),
            "an expectation": (message(b"POST /none", length, b"Expect: 100-continue"), 404),
            "no path": (message(b"POST /%zz", length), 400),
            "too large": (message(b"POST /a", b"Content-Length: 99999999999"), 413),
            "the gateway's own list": (message(b"GET /v1/models", length), 200),
            "a body that is late": (message(b"POST /whole", length), 408),
            "a body that is late, streamed": (message(b"POST /a", length), 408),
            "a chunk that is late": (message(b"POST /a", coding, body=b"1000\r\n"), 408),
        }
        with Backend() as backend, self.gateway(backend, timeouts={"body": "200ms"}) as gateway:
            for name, (head, status) in rows.items():
                with self.subTest(name), gateway.client() as client:
                    client.send(head)
                    response = client.read_response()
                    self.assertEqual(response.status, status, response)
                    client.try_send(SMUGGLED * 2)
                    self.assertEqual(client.read_until_close(), b"", "an answer that nobody asked for")
            self.assertTrue(backend.wait_for(lambda: backend.open == 0))
            self.assertFalse([one for one in backend.requests if one.whole])
            self.assertFalse([connection for connection in backend.all if b"smuggled" in connection.received])


if __name__ == "__main__":
    main()
