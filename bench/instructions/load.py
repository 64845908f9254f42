"""Client and model server in one thread, in lock-step: nothing is sent before what was sent last has come through. So
how many events the gateway finds at once does not depend on how fast anybody is."""

import json
import selectors
import socket

MODELS = 10
CONNECTIONS = 8
STREAMS = 20
PATIENCE = 60  # seconds; under callgrind everything is slow

CHUNK_TEXT = " a token or two of an answer, about as long as they are."
CHUNK_BYTES = 234


def json_of_size(size, make):
    """make(text) as JSON of exactly `size` bytes."""
    text = "Summarise the following paragraph in one sentence. " * (size // 50 + 1)
    return json.dumps(make(text[: size - len(json.dumps(make("")))]), separators=(", ", ": ")).encode()


def chat_request(number, size, stream=False):
    ask = lambda text: {  # noqa: E731
        "model": f"model-{number % MODELS}",
        "messages": [{"role": "user", "content": text}],
        "stream": stream,
    }
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway.example\r\nAccept: application/json\r\n"
        "Content-Type: application/json\r\nUser-Agent: OpenAI/Python 1.99.0\r\n"
        f"Authorization: Bearer sk-0123456789abcdef\r\nContent-Length: {size}\r\n\r\n"
    )
    return head.encode() + json_of_size(size, ask)


def chat_answer(size):
    """(the whole answer, its body)."""
    tell = lambda text: {  # noqa: E731
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 80, "completion_tokens": 60, "total_tokens": 140},
    }
    body = json_of_size(size, tell)
    head = (
        "HTTP/1.1 200 OK\r\nServer: uvicorn\r\nDate: Tue, 01 Sep 2026 12:00:00 GMT\r\n"
        f"Content-Type: application/json\r\nX-Request-Id: 0123456789abcdef\r\nContent-Length: {size}\r\n\r\n"
    )
    return head.encode() + body, body


def chat_event(number):
    """One event of an OpenAI stream, all of one size."""
    event = lambda text: {  # noqa: E731
        "id": f"chatcmpl-{number:08}",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": "model-0",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}],
    }
    return b"data: " + json_of_size(CHUNK_BYTES - 8, event) + b"\n\n"


class Load:
    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.backend_port = self._listener.getsockname()[1]
        self._backend = selectors.DefaultSelector()
        self._backend.register(self._listener, selectors.EVENT_READ)
        self._clients = []
        self._streams = []  # (client, backend connection)
        self._events = 0

    def connect(self, port):
        """Clients of the gateway on this port."""
        self._clients = [connected(port) for _ in range(CONNECTIONS + STREAMS)]

    def chats(self, count, request_bytes):
        """Requests one after the other, each on another kept connection, each for another model."""
        requests = [chat_request(number, request_bytes) for number in range(MODELS)]
        answer, body = chat_answer(620)
        for number in range(count):
            client = self._clients[number % CONNECTIONS]
            client.sendall(requests[number % MODELS])
            self._take_request().sendall(answer)
            got = receive_until(client, body)
            assert got.startswith(b"HTTP/1.1 200 ") and got.endswith(body), got

    def open_streams(self):
        for client in self._clients[CONNECTIONS:]:
            client.sendall(chat_request(0, 400, stream=True))
            backend = self._take_request()
            backend.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n"
            )
            self._streams.append((client, backend))
        self.chunks(STREAMS)

    def chunks(self, count):
        """Chunks of one event, each on another stream than the one before."""
        for number in range(count):
            client, backend = self._streams[number % STREAMS]
            event = chat_event(self._events)
            self._events += 1
            backend.sendall(b"%x\r\n%s\r\n" % (len(event), event))
            receive_until(client, event)

    def close_streams(self):
        for client, backend in self._streams:
            done = b"data: [DONE]\n\n"
            backend.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(done), done))
            receive_until(client, b"0\r\n\r\n")

    def close(self):
        for client in self._clients:
            client.close()
        for key in list(self._backend.get_map().values()):
            key.fileobj.close()

    def _take_request(self):
        """The connection on which a whole request has come."""
        while True:
            ready = self._backend.select(PATIENCE)
            assert ready, "no request came to the model server"
            for key, _ in ready:
                if key.fileobj is not self._listener:
                    if not key.fileobj.recv(1, socket.MSG_PEEK):  # let go of by the gateway's pool
                        self._backend.unregister(key.fileobj)
                        key.fileobj.close()
                        continue
                    receive_request(key.fileobj)
                    return key.fileobj
                connection = self._listener.accept()[0]
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.settimeout(PATIENCE)
                self._backend.register(connection, selectors.EVENT_READ)


def connected(port):
    client = socket.create_connection(("127.0.0.1", port), PATIENCE)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def receive(connection):
    data = connection.recv(1 << 18)
    assert data, "the gateway ended the connection"
    return data


def receive_until(connection, text):
    got = bytearray()
    while text not in got:
        got += receive(connection)
    return bytes(got)


def receive_request(connection):
    head, _, body = receive_until(connection, b"\r\n\r\n").partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    left = int(fields[b"content-length"]) - len(body)
    while left > 0:
        left -= len(receive(connection))
    assert left == 0, "more than one request at once"
