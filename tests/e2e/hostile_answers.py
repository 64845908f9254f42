"""Answers of backends that two readers could take differently, by family: each is a 502, and its connection ends.

And answers that are in order, but for what follows them: that belongs to nobody."""

from model_backend import answer
from raw_client import chunked

OK = b"HTTP/1.1 200 OK\r\n"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

ANSWERS = {
    "two framings": {
        "content-length with transfer-encoding": OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "two lengths": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        "a list of lengths": OK + b"Content-Length: 2, 3\r\n\r\nabc",
        "negative length": OK + b"Content-Length: -1\r\n\r\n",
        "signed length": OK + b"Content-Length: +2\r\n\r\nab",
        "length beyond 64 bits": OK + b"Content-Length: 99999999999999999999\r\n\r\n",
        "unknown coding": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "chunked twice": OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "two equal lengths": OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
        "a list of equal lengths": OK + b"Content-Length: 2, 2\r\n\r\nok",
        "an empty length": OK + b"Content-Length:\r\n\r\nok",
        "a length in hex": OK + b"Content-Length: 0x2\r\n\r\nok",
        "a length with a byte beyond ASCII": OK + b"Content-Length: 2\xa0\r\n\r\nok",
        "identity": OK + b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok",
        "chunked behind a vertical tab": OK + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        "chunked, then another": OK + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        "chunks in HTTP/1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "both on 304": b"HTTP/1.1 304 No\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
    },
    "lines": {
        "bare LF after the status line": b"HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok",
        "bare LF after a field": OK + b"Content-Length: 2\nX: y\r\n\r\nok",
        "bare LF heads": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        "bare CR": OK + b"X: a\rb\r\nContent-Length: 2\r\n\r\nok",
        "folded field": OK + b"X: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
        "space before the colon": OK + b"Content-Length : 2\r\n\r\nok",
        "no colon": OK + b"nonsense\r\nContent-Length: 2\r\n\r\nok",
        "control character": OK + b"X: a\x01b\r\nContent-Length: 2\r\n\r\nok",
        "a NUL in a value": OK + b"X: a\x00b\r\nContent-Length: 2\r\n\r\nok",
        "a NUL in a name": OK + b"X\x00: a\r\nContent-Length: 2\r\n\r\nok",
        "a vertical tab behind a name": OK + b"Content-Length\x0b: 2\r\n\r\nok",
        "a byte beyond ASCII in a name": OK + b"X\x85: a\r\nContent-Length: 2\r\n\r\nok",
        "a folded length": OK + b"Content-Length:\r\n 2\r\n\r\nok",
        "a field that begins with a blank": OK + b" Content-Length: 2\r\n\r\nok",
        "two CRs before an LF": OK + b"Content-Length: 2\r\r\n\r\nok",
        "an empty name": OK + b": a\r\nContent-Length: 2\r\n\r\nok",
    },
    "status lines": {
        "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/2": b"HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.2": b"HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "two-digit status": b"HTTP/1.1 99 Odd\r\nContent-Length: 2\r\n\r\nok",
        "status 600": b"HTTP/1.1 600 Odd\r\nContent-Length: 2\r\n\r\nok",
        "status with letters": b"HTTP/1.1 2OO OK\r\nContent-Length: 2\r\n\r\nok",
        "empty status line": b"\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "a status with a sign": b"HTTP/1.1 +20 OK\r\nContent-Length: 2\r\n\r\nok",
        "a status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok",
        "two blanks before the status": b"HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nok",
        "a version in small letters": b"http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/0.9": b"<html>ok</html>",
        "a control in the reason": b"HTTP/1.1 200 O\x1bK\r\nContent-Length: 2\r\n\r\nok",
        "status 099": b"HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\nok",
        "a request": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "a body's rest": b"ok" + OK + b"Content-Length: 2\r\n\r\nok",
    },
    "switched protocols": {
        "switched protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        "a WebSocket nobody asked for": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        "h2c nobody asked for": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\nPRI",
        "switched behind a hint": b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\n",
    },
    "growth": {
        "too large": OK + b"X: " + b"x" * 70_000 + b"\r\nContent-Length: 2\r\n\r\nok",
        "never ending": OK + b"X: " + b"x" * 200_000,
        "too many fields": OK + b"X: y\r\n" * 129 + b"\r\n",
        "too many interim answers": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 17 + answer(body=b"ok"),
        "too many continues": b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
        "a status line without end": b"HTTP/1.1 200 " + b"O" * 200_000,
        "many large interim answers": (b"HTTP/1.1 103 Hint\r\nX: " + b"x" * 60_000 + b"\r\n\r\n") * 17,
        "an interim answer with a body": b"HTTP/1.1 103 Hint\r\nContent-Length: 2\r\n\r\nok" + answer(body=b"ok"),
    },
    "chunks": {
        "a chunk without size": CHUNKED + b"zz\r\n",
        "a chunk with a sign": CHUNKED + b"+2\r\nok\r\n0\r\n\r\n",
        "a chunk with a prefix": CHUNKED + b"0x2\r\nok\r\n0\r\n\r\n",
        "a chunk beyond 64 bits": CHUNKED + b"10000000000000002\r\nok\r\n0\r\n\r\n",
        "a bare LF behind a size": CHUNKED + b"2\nok\r\n0\r\n\r\n",
        "a bare LF in an extension": CHUNKED + b"2;a\nb\r\nok\r\n0\r\n\r\n",
        "a blank behind a size": CHUNKED + b"2 \r\nok\r\n0\r\n\r\n",
    },
}

# What follows the answer belongs to nobody: the answer is good, the connection is not.
OVERLONG = {
    "bytes behind a body": ("GET", answer(body=b"ok") + b"poison", b"ok"),
    "a second answer": ("GET", answer(body=b"ok") + answer(body=b"poison"), b"ok"),
    "bytes behind the last chunk": ("GET", CHUNKED + chunked(b"ok") + b"poison", b"ok"),
    "a body on 204": ("GET", NO_CONTENT + b"\r\npoison", b""),
    "a length on 204": ("GET", NO_CONTENT + b"Content-Length: 6\r\n\r\npoison", b""),
    "chunks on 204": ("GET", NO_CONTENT + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(b"poison"), b""),
    "a body on 304": ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\npoison", b""),
    "a body on HEAD": ("HEAD", answer(body=b"poison"), b""),
    "bytes behind an empty body": ("GET", answer() + b"poison", b""),
}
