"""A scriptable model server on a raw socket: what it answers, and when, is up to each test."""

import json
import select
import socket
import struct
import threading
import time

import secure
from waiting import PATIENCE


class Request:
    """Unpacks into (method, target, headers, body); .raw is every byte of it as it came."""

    def __init__(self, head):
        self.raw = bytearray(head)
        lines = head[:-4].decode("latin-1").split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ")
        self.headers = [tuple(line.split(": ", 1)) for line in lines[1:]]
        self.body = b""

    def __iter__(self):
        return iter((self.method, self.target, self.headers, self.body))

    def header(self, name):
        values = self.headers_named(name)
        return values[0] if values else None

    def headers_named(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def json(self):
        return json.loads(self.body)


class Connection:
    """One connection from the gateway, handed to the backend's handler on a thread of its own."""

    def __init__(self, backend, sock, number):
        self.backend = backend
        self.socket = sock
        self.number = number  # 0, 1, ... in the order they came
        self.buffer = b""
        self.received = bytearray()
        self.ended = False

    def read_request(self):
        """The next request with its body; None when the gateway ended the connection instead."""
        request = self.read_head()
        if request is None:
            return None
        self.read_body(request)
        return request

    def read_head(self):
        """Only the head; recorded in backend.requests at once, its body is added by read_body()."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._receive():
                return None
        end = self.buffer.index(b"\r\n\r\n") + 4
        head, self.buffer = self.buffer[:end], self.buffer[end:]
        request = Request(head)
        self.backend.record(request)
        return request

    def read_body(self, request):
        """All of the body; False when the connection ended inside it."""
        if request.header("transfer-encoding") == "chunked":
            whole = self._read_chunks(request)
        else:
            size = int(request.header("content-length") or 0)
            while len(self.buffer) < size:
                if not self._receive():
                    break
            whole = len(self.buffer) >= size
            request.body, self.buffer = self.buffer[:size], self.buffer[size:]
            request.raw += request.body
        with self.backend.changed:
            request.whole = whole
            self.backend.changed.notify_all()
        return whole

    def _read_chunks(self, request):
        while True:
            line = self._take_line(request)
            if line is None:
                return False
            size = int(line, 16)
            if size == 0:
                return self._take_line(request) == b""
            while len(self.buffer) < size + 2:
                if not self._receive():
                    return False
            request.raw += self.buffer[: size + 2]
            request.body += self.buffer[:size]
            self.buffer = self.buffer[size + 2 :]

    def _take_line(self, request):
        while b"\r\n" not in self.buffer:
            if not self._receive():
                return None
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        request.raw += line + b"\r\n"
        return line

    def _receive(self):
        self.socket.settimeout(PATIENCE)
        try:
            data = secure.receive(self.socket, 65536)
        except ConnectionResetError:
            data = b""
        self.received += data
        self.buffer += data
        self.ended = self.ended or not data
        return bool(data)

    def send(self, data):
        self.socket.settimeout(PATIENCE)
        self.socket.sendall(data)

    def shutdown_write(self):
        secure.shutdown_write(self.socket)

    def close(self):
        """An orderly end (FIN), whatever is unread."""
        secure.say_goodbye(self.socket)
        self.drop()

    def drop(self):
        """The connection's end alone. From any thread: Python's TLS connections are not for two at once."""
        try:
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def wait_closed(self, timeout=PATIENCE):
        """Reads and throws away until the gateway ends the connection (FIN or reset). False after the time."""
        deadline = time.monotonic() + timeout
        while not self.ended:
            left = deadline - time.monotonic()
            ready = secure.buffered(self.socket) or (left > 0 and select.select([self.socket], [], [], left)[0])
            if not ready:
                return False
            self._receive()
        return True


class Backend:
    """Listens on 127.0.0.1 or `host` and a free port or `port`, or on the Unix socket `path`; handler(connection) runs
    for each connection and closes it when it returns.

    .url, .port; .requests (all heads read, in order), .connections (how many ever came), .open (how many are open);
    a handler's exception other than a broken connection is raised again by close()."""

    def __init__(self, handler=None, host="127.0.0.1", port=0, path=None):
        self.handler = handler or answering(json_answer({"ok": True}))
        self.requests = []
        self.connections = 0
        self.open = 0
        self.all = []  # every Connection
        self.failures = []
        self.changed = threading.Condition()
        if path is not None:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(path))
            self._listener.listen(1024)
            self.url = f"unix:{path}"
        else:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._listener = socket.create_server((host, port), family=family, backlog=1024)
            self.port = self._listener.getsockname()[1]
            self.authority = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
            self.url = f"{'https' if secure.ON else 'http'}://{self.authority}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close(check=kind is None)

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            if sock.family != socket.AF_UNIX:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.changed:
                connection = Connection(self, sock, self.connections)
                self.connections += 1
                self.open += 1
                self.all.append(connection)
                self.changed.notify_all()
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        try:
            if secure.ON:
                connection.socket = secure.wrap_server(connection.socket)
            self.handler(connection)
        except (ConnectionError, OSError):
            pass  # the gateway may go whenever it likes; tests ask for what they care about
        except Exception as failure:  # pylint: disable=broad-except
            self.failures.append(failure)
        finally:
            connection.close()
            with self.changed:
                self.open -= 1
                self.changed.notify_all()

    def record(self, request):
        request.whole = False
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()

    def wait_for(self, check, timeout=5.0):
        with self.changed:
            return self.changed.wait_for(check, timeout)

    def wait_requests(self, count, timeout=5.0):
        """The requests once there are `count` of them, bodies and all."""
        whole = lambda: len([r for r in self.requests if r.whole]) >= count  # noqa: E731
        assert self.wait_for(whole, timeout), f"{len(self.requests)} requests instead of {count}"
        return self.requests

    def close(self, check=True):
        """Ends the listener and all connections."""
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self._thread.join(PATIENCE)
        for connection in list(self.all):
            connection.drop()
        if check and self.failures:
            raise self.failures[0]


def answering(*answers):
    """A handler: answers the n-th request of the backend with the n-th of these (the last one again and again): bytes,
    or a function of the Request that returns bytes. Keeps the connection open."""
    lock = threading.Lock()
    state = {"next": 0}

    def handle(connection):
        while (request := connection.read_request()) is not None:
            with lock:
                answer = answers[min(state["next"], len(answers) - 1)]
                state["next"] += 1
            connection.send(answer(request) if callable(answer) else answer)

    return handle


def answer(status=200, headers=(), body=b"", reason="OK", version="1.1"):
    """An answer framed by Content-Length, unless `headers` frames it."""
    names = [name.lower() for name, _ in headers]
    lines = [f"HTTP/{version} {status} {reason}"] + [f"{name}: {value}" for name, value in headers]
    if "content-length" not in names and "transfer-encoding" not in names:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines + ["", ""]).encode("latin-1") + body


def json_answer(value, status=200, headers=(), reason="OK"):
    return answer(status, [("Content-Type", "application/json"), *headers], json.dumps(value).encode(), reason)


def close_delimited_answer(body, content_type="application/octet-stream", version="1.1"):
    """An answer whose body only the connection's end delimits: the handler has to close after it."""
    return f"HTTP/{version} 200 OK\r\nContent-Type: {content_type}\r\n\r\n".encode() + body


def sse_head(chunked=True, headers=()):
    """The head of an event stream: chunked, or ended by the connection's end."""
    lines = ["HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Cache-Control: no-cache"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines + (["Transfer-Encoding: chunked"] if chunked else []) + ["", ""]).encode()


def sse_event(data, event=None):
    """One event; `data` a text or a JSON value."""
    text = data if isinstance(data, str) else json.dumps(data)
    return ((f"event: {event}\n" if event else "") + f"data: {text}\n\n").encode()


def sse_answer(events, chunked=True, headers=()):
    """A whole event stream of these events (bytes, texts or JSON values), one chunk each. Not chunked: close after."""
    pieces = [event if isinstance(event, bytes) else sse_event(event) for event in events]
    if not chunked:
        return sse_head(False, headers) + b"".join(pieces)
    return sse_head(True, headers) + b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


def openai_chunk(text, finish_reason=None):
    """One chat.completion.chunk as a JSON value."""
    delta = {"content": text} if text is not None else {}
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def unused_port():
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
