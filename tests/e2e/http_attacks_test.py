"""Framing is refused strictly with 400 and close: no request that two parsers could read differently goes upstream.

Each row is sent whole and byte by byte, followed by a request that only a parser that got the framing wrong would
see."""

import unittest

from harness import Backend, Gateway, chunk, eventually, main, one_route

HOST = b"Host: gateway.test\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: gateway.test\r\n\r\n"
BODY = b"0\r\n\r\n" + SMUGGLED  # empty where the body is chunked; its first bytes where a length counts


def post(*fields, line=b"POST /v1/files HTTP/1.1", host=HOST):
    """A request of these field lines (without CRLF), and what might be taken for its body."""
    return line + b"\r\n" + host + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + BODY


def get(target=b"/v1/files", method=b"GET", version=b"HTTP/1.1", host=HOST):
    return method + b" " + target + b" " + version + b"\r\n" + host + b"\r\n" + SMUGGLED


def with_host(*lines):
    return get(host=b"".join(b"Host: " + line + b"\r\n" for line in lines))


LENGTH, CODING = b"Content-Length: 5", b"Transfer-Encoding: chunked"

HEADS = {
    # Two ways to know the body's end, or none that is certain.
    "length and coding": post(LENGTH, CODING),
    "coding and length": post(CODING, LENGTH),
    "length and coding in another case": post(LENGTH, b"TRANSFER-ENCODING: Chunked"),
    "length zero and coding": post(b"Content-Length: 0", CODING),
    "differing lengths": post(LENGTH, b"Content-Length: 6"),
    "equal lengths": post(LENGTH, LENGTH),
    "a list of lengths": post(b"Content-Length: 5, 5"),
    "a list of differing lengths": post(b"Content-Length: 5, 6"),
    "a length with a plus": post(b"Content-Length: +5"),
    "a length with a minus": post(b"Content-Length: -5"),
    "a length in hex": post(b"Content-Length: 0x5"),
    "a length in hex digits": post(b"Content-Length: a"),
    "a length with a blank in it": post(b"Content-Length: 5 5"),
    "a length with a fraction": post(b"Content-Length: 5.0"),
    "a length with an exponent": post(b"Content-Length: 1e1"),
    "a length in quotes": post(b'Content-Length: "5"'),
    "an empty length": post(b"Content-Length:"),
    "a length beyond 64 bits": post(b"Content-Length: 18446744073709551621"),
    "a length with a vertical tab": post(b"Content-Length: \x0b5"),
    "a length with a NUL behind it": post(b"Content-Length: 5\x00"),
    "a length with an underscore": post(b"Content_Length: 5"),
    # Transfer codings that not everybody knows, or not in that form.
    "coding identity": post(b"Transfer-Encoding: identity"),
    "coding gzip": post(b"Transfer-Encoding: gzip"),
    "coding gzip, then chunked": post(b"Transfer-Encoding: gzip, chunked"),
    "chunked not last": post(b"Transfer-Encoding: chunked, gzip"),
    "chunked and identity": post(b"Transfer-Encoding: chunked, identity"),
    "chunked twice in a list": post(b"Transfer-Encoding: chunked, chunked"),
    "chunked in two fields": post(CODING, CODING),
    "identity, then chunked in another field": post(b"Transfer-Encoding: identity", CODING),
    "nearly chunked": post(b"Transfer-Encoding: xchunked"),
    "chunked cut short": post(b"Transfer-Encoding: chunke"),
    "chunked in quotes": post(b'Transfer-Encoding: "chunked"'),
    "chunked with a parameter": post(b"Transfer-Encoding: chunked;q=1"),
    "chunked behind an empty element": post(b"Transfer-Encoding: ,chunked"),
    "chunked behind a vertical tab": post(b"Transfer-Encoding: \x0bchunked"),
    "chunked with a NUL": post(b"Transfer-Encoding: chunked\x00"),
    "an empty coding": post(b"Transfer-Encoding:"),
    "coding with an underscore": post(b"Transfer_Encoding: chunked"),
    "coding in HTTP/1.0": post(CODING, line=b"POST /v1/files HTTP/1.0"),
    # Lines whose end or beginning is not certain.
    "white space before the colon of a coding": post(b"Transfer-Encoding : chunked"),
    "a tab before the colon of a length": post(b"Content-Length\t: 5"),
    "white space before any colon": post(b"X-Any : 1"),
    "a coding on a folded line": post(b"Transfer-Encoding:\r\n chunked"),
    "a length on a folded line": post(b"Content-Length:\r\n\t5"),
    "a folded line": post(b"X-Any: a\r\n b"),
    "a folded line of blanks only": post(b"X-Any: a\r\n  "),
    "white space before the first field": get(host=b" Host: gateway.test\r\n"),
    "white space before a coding": post(b"X-Any: a", b" Transfer-Encoding: chunked"),
    "a bare LF behind a field": post(b"X-Any: a\n" + CODING),
    "a bare LF behind the request line": b"GET /v1/files HTTP/1.1\n" + HOST + b"\r\n" + SMUGGLED,
    "bare LFs everywhere": get().replace(b"\r\n", b"\n"),
    "a bare LF as the empty line": b"GET /v1/files HTTP/1.1\r\n" + HOST + b"\n" + SMUGGLED,
    "a bare CR in a value": post(b"X-Any: a\rTransfer-Encoding: chunked"),
    "a bare CR in a name": post(b"X-A\rny: a"),
    "two CRs before an LF": post(b"X-Any: a\r"),
    "a bare CR in the request line": get(target=b"/v1/\rfiles"),
    # Characters that hide something.
    "a NUL in a value": post(b"X-Any: a\x00b"),
    "a NUL in a name": post(b"X-A\x00ny: a"),
    "a NUL in the target": get(target=b"/v1/fi\x00les"),
    "a NUL in the method": get(method=b"GE\x00T"),
    "a control character in a value": post(b"X-Any: a\x01b"),
    "an escape in a value": post(b"X-Any: \x1b[31m"),
    "a DEL in a value": post(b"X-Any: a\x7fb"),
    "a field without a name": post(b": a"),
    "a field without a colon": post(b"X-Any"),
    "a blank in a name": post(b"X Any: a"),
    "a bracket in a name": post(b"X(Any): a"),
    "a byte beyond ASCII in a name": post(b"X-\xc3\xa4ny: a"),
    # Whom is it for?
    "no Host": get(host=b""),
    "Host twice": with_host(b"a.test", b"b.test"),
    "Host twice, equal": with_host(b"a.test", b"a.test"),
    "an empty Host": with_host(b""),
    "a list as Host": with_host(b"a.test, b.test"),
    "a user in Host": with_host(b"user@a.test"),
    "a path in Host": with_host(b"a.test/b"),
    "a blank in Host": with_host(b"a.test b.test"),
    "a URL as Host": with_host(b"http://a.test"),
    "letters as port in Host": with_host(b"a.test:http"),
    "a port too large in Host": with_host(b"a.test:65536"),
    "half a bracket in Host": with_host(b"[::1"),
    # Request lines.
    "two blanks before the target": get(target=b" /v1/files"),
    "two blanks before the version": get(target=b"/v1/files "),
    "a blank in the target": get(target=b"/v1/files x"),
    "tabs for blanks": get().replace(b" ", b"\t", 2),
    "a blank before the method": b" " + get(),
    "a blank behind the version": get(version=b"HTTP/1.1 "),
    "no version": b"GET /v1/files\r\n" + HOST + b"\r\n" + SMUGGLED,
    "a version in small letters": get(version=b"http/1.1"),
    "a version with two digits": get(version=b"HTTP/1.10"),
    "a version with a zero before it": get(version=b"HTTP/01.1"),
    "another protocol": get(version=b"ICY/1.1"),
    "an empty method": b" /v1/files HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED,
    "a bracket in the method": get(method=b"G(E)T"),
    "HEAD in small letters": get(method=b"head"),
    "CONNECT in mixed case": get(method=b"Connect"),
    "TRACE in small letters": get(method=b"trace"),
    "three empty lines before the request": b"\r\n\r\n\r\n" + get(),
    "a bare LF before the request": b"\n" + get(),
    # Targets.
    "a target without slash": get(target=b"v1/files"),
    "an authority as target": get(target=b"a.test:80"),
    "an asterisk for GET": get(target=b"*"),
    "a fragment": get(target=b"/v1/files#a"),
    "a byte beyond ASCII in the target": get(target=b"/v1/\xc3\xa4"),
    "another scheme": get(target=b"ftp://a.test/v1/files"),
    "a user in the target": get(target=b"http://user@a.test/v1/files"),
    "no host in the target": get(target=b"http:///v1/files"),
    # Fields of which two readers take different ones, or as different things.
    "Content-Type twice": post(LENGTH, b"Content-Type: application/json", b"Content-Type: text/plain"),
    "Authorization twice": post(LENGTH, b"Authorization: Bearer a", b"Authorization: Bearer b"),
    "Connection that is no list of tokens": post(LENGTH, b"Connection: keep alive"),
}


def body(data):
    return b"POST /v1/chat/completions HTTP/1.1\r\n" + HOST + CODING + b"\r\n\r\n" + data + SMUGGLED


JSON = b'{"model":"m"}'
GOOD = chunk(JSON)
END = b"0\r\n\r\n"

BODIES = {
    "no size": body(b"\r\n" + JSON + b"\r\n" + END),
    "a size that is no hex digit": body(b"g\r\n" + JSON + b"\r\n" + END),
    "a size with a plus": body(b"+d\r\n" + JSON + b"\r\n" + END),
    "a size with a minus": body(b"-d\r\n" + JSON + b"\r\n" + END),
    "a size with 0x": body(b"0xd\r\n" + JSON + b"\r\n" + END),
    "a blank before a size": body(b" d\r\n" + JSON + b"\r\n" + END),
    "a blank behind a size": body(b"d \r\n" + JSON + b"\r\n" + END),
    "a tab behind a size": body(b"d\t;a=b\r\n" + JSON + b"\r\n" + END),
    "a size with an underscore": body(b"0_d\r\n" + JSON + b"\r\n" + END),
    "a size with a comma": body(b"d,d\r\n" + JSON + b"\r\n" + END),
    "a size in quotes": body(b'"d"\r\n' + JSON + b"\r\n" + END),
    "a size with a NUL": body(b"d\x00\r\n" + JSON + b"\r\n" + END),
    "a size beyond 64 bits": body(b"1000000000000000d\r\n" + JSON + b"\r\n" + END),
    "a size near 64 bits": body(b"fffffffffffffff0\r\n" + JSON + b"\r\n" + END),
    "a size of seventeen digits": body(b"0000000000000000d\r\n" + JSON + b"\r\n" + END),
    "a bare LF behind a size": body(b"d\n" + JSON + b"\r\n" + END),
    "a bare CR behind a size": body(b"d\r" + JSON + b"\r\n" + END),
    "two CRs behind a size": body(b"d\r\r\n" + JSON + b"\r\n" + END),
    "a bare LF behind the data": body(b"d\r\n" + JSON + b"\n" + END),
    "a bare CR behind the data": body(b"d\r\n" + JSON + b"\r" + END),
    "nothing behind the data": body(b"d\r\n" + JSON + END),
    "data longer than its size": body(b"c\r\n" + JSON + b"\r\n" + END),
    "data shorter than its size": body(b"e\r\n" + JSON + b"\r\n" + END),
    "an extension without a name": body(b"d;\r\n" + JSON + b"\r\n" + END),
    "an extension without a value": body(b"d;a=\r\n" + JSON + b"\r\n" + END),
    "an extension with an open quote": body(b'd;a="b\r\n' + JSON + b"\r\n" + END),
    "an extension with a bare LF": body(b"d;a\nb\r\n" + JSON + b"\r\n" + END),
    "an extension with a bare CR": body(b"d;a\rb\r\n" + JSON + b"\r\n" + END),
    "an extension with a quoted CRLF": body(b'd;a="\r\n"\r\n' + JSON + b"\r\n" + END),
    "an extension with a NUL": body(b"d;a=\x00\r\n" + JSON + b"\r\n" + END),
    "an extension longer than a line may be": body(b"d;a=" + b"b" * 5000 + b"\r\n" + JSON + b"\r\n" + END),
    "a flood of chunk extensions": body(b"".join(b"1;%s\r\n \r\n" % (b"a" * 400) for _ in range(60)) + GOOD + END),
    "a bare LF behind the last chunk's size": body(GOOD + b"0\n\r\n"),
    "a bare LF as the last line": body(GOOD + b"0\r\n\n"),
    "an extension of the last chunk with a bare LF": body(GOOD + b"0;a\n\r\n"),
    "a trailer without a colon": body(GOOD + b"0\r\nX-Any\r\n\r\n"),
    "a trailer with white space before the colon": body(GOOD + b"0\r\nX-Any : a\r\n\r\n"),
    "a trailer on a folded line": body(GOOD + b"0\r\nX-Any: a\r\n b\r\n\r\n"),
    "a trailer with a bare LF": body(GOOD + b"0\r\nX-Any: a\n\r\n"),
    "a trailer with a NUL": body(GOOD + b"0\r\nX-Any: \x00\r\n\r\n"),
    "a trailer without a name": body(GOOD + b"0\r\n: a\r\n\r\n"),
    "trailers without an end": body(GOOD + b"0\r\n" + b"X-Any: a\r\n" * 2000 + b"\r\n"),
}


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
