"""Chunked bodies that two parsers could read differently, by family, likewise with a request behind each."""

from hostile_heads import CODING, HOST, SMUGGLED
from raw_client import chunk


def body(data):
    return b"POST /v1/chat/completions HTTP/1.1\r\n" + HOST + CODING + b"\r\n\r\n" + data + SMUGGLED


JSON = b'{"model":"m"}'
GOOD = chunk(JSON)
END = b"0\r\n\r\n"

BODIES = {
    "chunk sizes": {
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
        "a blank inside a size": body(b"0 d\r\n" + JSON + b"\r\n" + END),
        "a size with a vertical tab": body(b"d\x0b\r\n" + JSON + b"\r\n" + END),
        "a size with a byte beyond ASCII": body(b"d\x85\r\n" + JSON + b"\r\n" + END),
        "a size with junk behind it": body(b"dzz\r\n" + JSON + b"\r\n" + END),
        "a size of zero with a sign": body(GOOD + b"-0\r\n\r\n"),
        "a size of zero with a prefix": body(GOOD + b"0x0\r\n\r\n"),
    },
    "chunk lines": {
        "a bare LF behind a size": body(b"d\n" + JSON + b"\r\n" + END),
        "a bare CR behind a size": body(b"d\r" + JSON + b"\r\n" + END),
        "two CRs behind a size": body(b"d\r\r\n" + JSON + b"\r\n" + END),
        "a bare LF behind the data": body(b"d\r\n" + JSON + b"\n" + END),
        "a bare CR behind the data": body(b"d\r\n" + JSON + b"\r" + END),
        "nothing behind the data": body(b"d\r\n" + JSON + END),
        "data longer than its size": body(b"c\r\n" + JSON + b"\r\n" + END),
        "data shorter than its size": body(b"e\r\n" + JSON + b"\r\n" + END),
        "an empty line before a size": body(b"\r\nd\r\n" + JSON + b"\r\n" + END),
        "a bare CR before a size": body(b"\rd\r\n" + JSON + b"\r\n" + END),
        "two other bytes for the CRLF behind the data": body(b"d\r\n" + JSON + b"XX" + END),
        "an LF and a CR behind the data": body(b"d\r\n" + JSON + b"\n\r" + END),
        "a blank line more behind the data": body(b"d\r\n" + JSON + b"\r\n\r\n" + END),
    },
    "chunk extensions": {
        "an extension without a name": body(b"d;\r\n" + JSON + b"\r\n" + END),
        "an extension without a value": body(b"d;a=\r\n" + JSON + b"\r\n" + END),
        "an extension with an open quote": body(b'd;a="b\r\n' + JSON + b"\r\n" + END),
        "an extension with a bare LF": body(b"d;a\nb\r\n" + JSON + b"\r\n" + END),
        "an extension with a bare CR": body(b"d;a\rb\r\n" + JSON + b"\r\n" + END),
        "an extension with a quoted CRLF": body(b'd;a="\r\n"\r\n' + JSON + b"\r\n" + END),
        "an extension with a NUL": body(b"d;a=\x00\r\n" + JSON + b"\r\n" + END),
        "an extension longer than a line may be": body(b"d;a=" + b"b" * 5000 + b"\r\n" + JSON + b"\r\n" + END),
        "a flood of chunk extensions": body(b"".join(b"1;%s\r\n \r\n" % (b"a" * 400) for _ in range(60)) + GOOD + END),
        # Where the line ends for one reader and the extension goes on for the other, in both directions.
        "a bare LF that ends the line for some": body(b"d;\n" + JSON + b"\r\n5\r\nhello\r\n" + END),
        "a bare CR that ends the line for some": body(b"d;\rxx\r\n" + JSON + b"\r\n" + END),
        "a size hidden behind a bare LF": body(b"d;\n4f\r\n" + JSON + b"\r\n" + END),
        "an extension that runs on past two bytes": body(b"d;a\n\r\n" + JSON + b"\r\n" + END),
        "a quote that hides a line's end": body(b'd;a="\n"\r\n' + JSON + b"\r\n" + END),
        "a quoted CR": body(b'd;a="\\\r"\r\n' + JSON + b"\r\n" + END),
        "a bracket in an extension": body(b"d;a(b)\r\n" + JSON + b"\r\n" + END),
        "an extension behind a blank": body(b"d a=b\r\n" + JSON + b"\r\n" + END),
        "an extension with a byte beyond ASCII": body(b"d;\xff\r\n" + JSON + b"\r\n" + END),
    },
    "last chunks": {
        "a bare LF behind the last chunk's size": body(GOOD + b"0\n\r\n"),
        "a bare LF as the last line": body(GOOD + b"0\r\n\n"),
        "an extension of the last chunk with a bare LF": body(GOOD + b"0;a\n\r\n"),
        "two other bytes for the last CRLF": body(GOOD + b"0\r\nXX"),
        "a request for the last CRLF": body(GOOD + b"0\r\nGET /smuggled HTTP/1.1\r\n\r\n"),
        "a bare CR as the last line": body(GOOD + b"0\r\n\r\x00"),
        "the last chunk with a body": body(GOOD + b"0\r\nabc\r\n\r\n"),
    },
    "trailers": {
        "a trailer without a colon": body(GOOD + b"0\r\nX-Any\r\n\r\n"),
        "a trailer with white space before the colon": body(GOOD + b"0\r\nX-Any : a\r\n\r\n"),
        "a trailer on a folded line": body(GOOD + b"0\r\nX-Any: a\r\n b\r\n\r\n"),
        "a trailer with a bare LF": body(GOOD + b"0\r\nX-Any: a\n\r\n"),
        "a trailer with a NUL": body(GOOD + b"0\r\nX-Any: \x00\r\n\r\n"),
        "a trailer without a name": body(GOOD + b"0\r\n: a\r\n\r\n"),
        "trailers without an end": body(GOOD + b"0\r\n" + b"X-Any: a\r\n" * 2000 + b"\r\n"),
        "a trailer with a bare CR": body(GOOD + b"0\r\nX-Any: a\rX-Other: b\r\n\r\n"),
        "a trailer with a vertical tab in its name": body(GOOD + b"0\r\nX\x0bAny: a\r\n\r\n"),
        "a trailer behind a blank": body(GOOD + b"0\r\n X-Any: a\r\n\r\n"),
    },
}
