"""A client that sends exactly the bytes it is told to, and reads answers strictly."""

import json as json_module
import socket
import ssl
import struct
import time

import secure
from waiting import PATIENCE


class ConnectionEnded(Exception):
    """The gateway ended the connection before what was waited for came. `partial` is what did come."""

    def __init__(self, message, partial=b"", reset=False):
        super().__init__(f"{message}; got {partial!r}")
        self.partial = partial
        self.reset = reset


class Response:
    """An answer, perhaps still arriving. read_head() gives one with an empty body, to be read on with
    read_until(), read_some() and finish(); read_response() gives a finished one."""

    def __init__(self, client, interim, head, head_request):
        self.client = client
        self.interim = interim  # [(status, headers)] of 1xx answers before this one
        self.raw = bytearray(head)
        self.body = bytearray()
        self.complete = False  # the body's framing was seen to its end
        self.reset = False  # the connection ended by a reset
        self.chunks = []  # payload of each chunk, where the body is chunked
        lines = head[:-4].decode("latin-1").split("\r\n")
        self.version, status, self.reason = (lines[0].split(" ", 2) + [""])[:3]
        self.status = int(status)
        self.headers = [tuple(line.split(": ", 1)) for line in lines[1:]]
        self._plan_body(head_request)

    def _plan_body(self, head_request):
        length, coding = self.header("content-length"), self.header("transfer-encoding")
        assert length is None or coding is None, f"framed twice: {bytes(self.raw)!r}"
        self._left = None
        if head_request or self.status in (204, 304) or self.status < 200:
            self._left = 0
            self.complete = True
            self._mode = "none"
        elif coding is not None:
            assert coding == "chunked", coding
            self._mode = "chunked"
        elif length is not None:
            self._mode = "length"
            self._left = int(length)
            self.complete = self._left == 0
        else:
            self._mode = "close"

    def header(self, name):
        values = self.headers_named(name)
        return values[0] if values else None

    def headers_named(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def json(self):
        return json_module.loads(bytes(self.body))

    def read_some(self, timeout=PATIENCE):
        """Waits for the next piece of the body (for chunked: one chunk). False at its end, however it ended."""
        if self.complete:
            return False
        try:
            if self._mode == "chunked":
                return self._read_chunk(timeout)
            piece = self.client.take_some(timeout)
        except ConnectionEnded as ended:
            self.reset = ended.reset
            self.complete = self._mode == "close" and not ended.reset
            return False
        if self._mode == "length":
            self.client.put_back(piece[self._left :])
            piece = piece[: self._left]
            self._left -= len(piece)
            self.complete = self._left == 0
        self.raw += piece
        self.body += piece
        return True

    def _read_chunk(self, timeout):
        line = self.client.take_until(b"\r\n", timeout)
        size = int(line[:-2], 16)
        if size == 0:
            rest = self.client.take_until(b"\r\n", timeout)
            assert rest == b"\r\n", f"trailers or junk behind the last chunk: {rest!r}"
            self.raw += line + rest
            self.complete = True
            return False
        data = self.client.take_exactly(size + 2, timeout)
        assert data.endswith(b"\r\n"), f"a chunk without its CRLF: {data!r}"
        self.raw += line + data
        self.body += data[:-2]
        self.chunks.append(data[:-2])
        return True

    def read_until(self, marker, timeout=PATIENCE):
        """Reads on until the body holds `marker`; ConnectionEnded when it ends before."""
        deadline = time.monotonic() + timeout
        while marker not in self.body:
            if not self.read_some(max(deadline - time.monotonic(), 0.001)):
                raise ConnectionEnded(f"the body ended without {marker!r}", bytes(self.body), self.reset)
        return self

    def finish(self, timeout=PATIENCE):
        deadline = time.monotonic() + timeout
        while self.read_some(max(deadline - time.monotonic(), 0.001)):
            pass
        self.body = bytes(self.body)
        self.raw = bytes(self.raw)
        return self

    def __repr__(self):
        return f"<Response {self.status} {self.reason} {self.headers} {bytes(self.body)[:200]!r}>"


class Client:
    """One connection to the gateway, `path`: over a Unix socket, `source`: from that address. Every wait is bounded
    (TimeoutError)."""

    def __init__(self, port, receive_buffer=None, host="127.0.0.1", path=None, source=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(socket.AF_UNIX if path else family, socket.SOCK_STREAM)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        try:
            if source is not None:
                self.socket.bind((source, 0))
            self.socket.connect(str(path) if path else (host, port))
        except OSError:
            self.socket.close()
            raise
        if not path:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if port in secure.gateway_ports:
            self.socket = secure.wrap_client(self.socket, host)
        self.buffer = b""
        self.received = bytearray()  # everything, for messages

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def address(self):
        return self.socket.getsockname()

    def send(self, data):
        self.socket.settimeout(PATIENCE)
        self.socket.sendall(data)
        return self

    def try_send(self, data):
        """False when the gateway has ended the connection."""
        try:
            self.send(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            return False
        return True

    def send_json(self, path, value, headers=(), method="POST"):
        body = value if isinstance(value, bytes) else json_module.dumps(value).encode()
        return self.send(request(method, path, [("Content-Type", "application/json"), *headers], body))

    def get(self, path, headers=(), method="GET"):
        return self.send(request(method, path, headers))

    def _receive(self, timeout):
        self.socket.settimeout(timeout)
        try:
            data = secure.receive(self.socket, 65536)
        except ConnectionResetError:
            raise ConnectionEnded("reset by the gateway", self.buffer, reset=True) from None
        if not data:
            raise ConnectionEnded("closed by the gateway", self.buffer)
        self.received += data
        self.buffer += data

    def take_until(self, marker, timeout=PATIENCE):
        deadline = time.monotonic() + timeout
        while marker not in self.buffer:
            self._receive(max(deadline - time.monotonic(), 0.001))
        end = self.buffer.index(marker) + len(marker)
        taken, self.buffer = self.buffer[:end], self.buffer[end:]
        return taken

    def take_exactly(self, size, timeout=PATIENCE):
        deadline = time.monotonic() + timeout
        while len(self.buffer) < size:
            self._receive(max(deadline - time.monotonic(), 0.001))
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def take_some(self, timeout=PATIENCE):
        if not self.buffer:
            self._receive(timeout)
        taken, self.buffer = self.buffer, b""
        return taken

    def put_back(self, data):
        self.buffer = data + self.buffer

    def read_head(self, head_request=False, timeout=PATIENCE):
        """The next final head; interim answers before it are in .interim. ConnectionEnded when none comes."""
        interim = []
        while True:
            head = self.take_until(b"\r\n\r\n", timeout)
            response = Response(self, interim, head, head_request)
            if response.status >= 200 or response.status == 101:
                return response
            interim.append((response.status, response.headers))

    def read_response(self, head_request=False, timeout=PATIENCE):
        return self.read_head(head_request, timeout).finish(timeout)

    def read_until_close(self, timeout=PATIENCE):
        """All bytes up to the end of the connection; .was_reset tells which end."""
        deadline = time.monotonic() + timeout
        self.was_reset = False
        while True:
            try:
                self._receive(max(deadline - time.monotonic(), 0.001))
            except ConnectionEnded as ended:
                self.was_reset = ended.reset
                taken, self.buffer = self.buffer, b""
                return taken

    def closed_by_peer(self, timeout=PATIENCE):
        """True when the gateway ends the connection within the time and sends nothing more before."""
        try:
            rest = self.read_until_close(timeout)
        except TimeoutError:
            return False
        assert rest == b"", f"bytes before the end: {rest!r}"
        return True

    def silent(self, seconds):
        """True when nothing at all comes for that long: to be used sparingly, it takes that long."""
        try:
            self._receive(seconds)
        except TimeoutError:
            return True
        except ConnectionEnded:
            return False
        return False

    def half_close(self):
        secure.shutdown_write(self.socket)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()


def request(method, path, headers=(), body=None, version="1.1", host="gateway.test"):
    """The bytes of a request. Host and Content-Length are added where they are missing."""
    names = [name.lower() for name, _ in headers]
    lines = [f"{method} {path} HTTP/{version}"]
    if host is not None and "host" not in names:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in headers]
    if body is not None and "content-length" not in names and "transfer-encoding" not in names:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines + ["", ""]).encode("latin-1") + (body or b"")


def chunked(*pieces, trailers=b""):
    """A chunked body of these pieces with its last chunk."""
    return b"".join(chunk(piece) for piece in pieces) + b"0\r\n" + trailers + b"\r\n"


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)
