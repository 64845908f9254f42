"""What arrives in one turn of the loop: a stopped gateway finds all of it when it goes on."""

import contextlib
import os
import select
import signal
import socket
import time
import unittest
from pathlib import Path

from harness import Client, Gateway, eventually, main, one_route

ROLE = b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n'
CONTENT = b'data: {"choices":[{"index":0,"delta":{"content":"FROM-%s"}}]}\n\n'
DONE = b"data: [DONE]\n\n"
BODY = b'{"model":"m","stream":true,"messages":[]}'


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def stream_head(who):
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nX-Who: %s\r\n\r\n" % who


class RawBackend:
    """Accepts; the test reads and writes."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(10)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def asked(self):
        """The connection of the next request, which has been read to the end of its head."""
        connection, _ = self.listener.accept()
        connection.settimeout(10)
        seen = b""
        while b"\r\n\r\n" not in seen:
            seen += connection.recv(65536)
        return connection


@contextlib.contextmanager
def stopped(gateway):
    os.kill(gateway.process.pid, signal.SIGSTOP)
    status = Path(f"/proc/{gateway.process.pid}/status")
    eventually(lambda: "State:\tT" in status.read_text())
    try:
        yield
    finally:
        os.kill(gateway.process.pid, signal.SIGCONT)


class SameTurnTest(unittest.TestCase):
    def start(self, config):
        return self.enterContext(Gateway({**config, "threads": 1}))

    def backends(self, count):
        made = [RawBackend() for _ in range(count)]
        for one in made:
            self.addCleanup(one.listener.close)
        return made

    def ask(self, gateway, path="/v1/chat/completions"):
        client = self.enterContext(Client(gateway.port))
        client.send(f"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {len(BODY)}\r\n\r\n".encode() + BODY)
        return client

    def test_each_hedged_try_keeps_its_own_head(self):
        for names in ((b"first", b"other"), (b"one-with-a-longer-name", b"other")):
            with self.subTest(names=names):
                self.hedge(names)

    def hedge(self, names):
        one, other = self.backends(2)
        route = {"hedge": {"after": "50ms"}, "retry": {"attempts": 1}}
        gateway = self.start(one_route(one.url, other.url, route=route))
        client = self.ask(gateway)
        asked_first = select.select([one.listener, other.listener], [], [], 10)[0][0]
        tries = [one.asked(), other.asked()] if asked_first is one.listener else [other.asked(), one.asked()]
        with stopped(gateway):
            for connection, name in zip(tries, names):
                connection.sendall(stream_head(name) + chunk(ROLE))
        for connection, name in zip(tries, names):
            with contextlib.suppress(OSError):  # the one that lost is closed
                connection.sendall(chunk(CONTENT % name) + chunk(DONE) + b"0\r\n\r\n")
        answer = client.read_response()
        self.assertIn(CONTENT % answer.header("x-who").encode(), answer.body)

    def test_a_mirrors_answer_is_its_own(self):
        backend, mirror = self.backends(2)
        config = one_route(backend.url, route={"mirror": {"backend": "shadow", "percent": 100}})
        config["backends"]["shadow"] = {"endpoints": [mirror.url]}
        gateway = self.start(config)
        client = self.enterContext(Client(gateway.port)).get("/v1/other")
        real, copy = backend.asked(), mirror.asked()
        with stopped(gateway):
            copy.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"m" * 300) + b"0\r\n\r\n")
            real.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n" + b"x" * 600)
        self.assertEqual(client.read_response().body, b"x" * 600)
        eventually(lambda: gateway.metric("inferway_requests_in_flight") == 0)
        self.assertEqual(gateway.metric("inferway_upstream_errors_total", backend="shadow", cause="bad_response"), 0)

    def test_a_stream_may_end_when_its_heartbeat_is_due(self):
        (backend,) = self.backends(1)
        gateway = self.start(one_route(backend.url, timeouts={"heartbeat": "1s"}))
        client = self.ask(gateway, "/v1/other")
        side = backend.asked()
        side.sendall(stream_head(b"b") + chunk(b"data: x\n\n"))
        client.take_until(b"data: x\n\n")
        since = time.monotonic()
        with stopped(gateway):
            eventually(lambda: time.monotonic() - since > 1.2)  # what has to pass is time itself
            side.sendall(b"0\r\n\r\n")
        client.take_until(b"0\r\n\r\n")
        self.assertIsNone(gateway.process.poll())

    def test_a_head_that_is_refused_unread_has_no_body(self):
        gateway = self.start(one_route("http://127.0.0.1:9"))
        client = self.enterContext(Client(gateway.port))
        client.send(b"HEAD / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n")
        answer = client.read_until_close()
        self.assertTrue(answer.endswith(b"\r\n\r\n"), answer)


if __name__ == "__main__":
    main()
