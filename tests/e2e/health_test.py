"""`inferway health`: 0 and 1 with one line that says why, in bounded time whatever answers; what a container asks."""

import socket
import tempfile
import threading
import unittest
from pathlib import Path

from harness import Backend, Gateway, main, one_route, openai_chunk, run_inferway, sse_event, sse_head, unused_port
from held_backend import HeldBackend


def health(*arguments, **options):
    status, out, errors = run_inferway("health", *arguments, **options)
    assert (out if status == 0 else errors).count("\n") == 1, (out, errors)
    assert (errors if status == 0 else out) == "", (out, errors)
    return status, out + errors


class FakeAdmin:
    """A port that sends these pieces to whoever asks, then closes; or holds the connection when the last one is None."""

    def __init__(self, *pieces, family=socket.AF_INET, address=("127.0.0.1", 0)):
        self._pieces = pieces
        self._socket = socket.socket(family)
        self._socket.bind(address)
        self._socket.listen()
        self._held = []
        self.asked = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def address(self):
        return "127.0.0.1:%d" % self._socket.getsockname()[1]

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            asked = b""
            try:
                while b"\r\n\r\n" not in asked:
                    asked += connection.recv(4096)
                self.asked.append(asked)
                for piece in self._pieces:
                    if piece is None:
                        self._held.append(connection)
                        break
                    connection.sendall(piece)
                else:
                    connection.close()
            except OSError:
                connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._held:
            connection.close()


READY = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nready\n"
LIVE = READY.replace(b"6", b"5").replace(b"ready", b"live")


class GatewayTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(Backend())
        cls.gateway = cls.enterClassContext(Gateway(one_route(cls.backend.url)))

    def test_a_running_gateway_is_ready_and_live(self):
        where = f"127.0.0.1:{self.gateway.admin_port}"
        self.assertEqual(health("--address", where), (0, f"ready: {where}\n"))
        self.assertEqual(health(f"--address={where}", "--live"), (0, f"live: {where}\n"))

    def test_the_data_port_is_not_taken_for_it(self):
        with Gateway(one_route(self.backend.url, path="/v1/*")) as gateway:
            status, said = health("--address", f"127.0.0.1:{gateway.port}")
        self.assertEqual(status, 1)
        self.assertIn("answers 404", said)

    def test_where_is_read_from_the_configuration(self):
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "inferway.yaml"
            for address in ("127.0.0.1:%d", "0.0.0.0:%d", "${PLACE}:%d"):
                # A secret that only the gateway knows, and what is being edited, are nobody's concern here.
                file.write_text("admin: {address: '" + address % self.gateway.admin_port + "', token: '${NOWHERE}'}\nrou: x\n")
                with self.subTest(address):
                    status, said = health("--config", str(file), environment={"PLACE": "127.0.0.1"})
                    self.assertEqual(status, 0, said)
            file.write_text("admin: {address: here}\n")
            status, said = health("--config", str(file))
            self.assertEqual(status, 1)
            self.assertIn(f"{file}:1:18: admin.address: ", said)

    def test_a_token_is_not_needed(self):
        with Gateway(one_route(self.backend.url, admin={"token": "admin-secret"})) as gateway:
            self.assertEqual(health("--address", f"127.0.0.1:{gateway.admin_port}")[0], 0)

    def test_one_that_drains_is_live_but_not_ready(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url)) as gateway:
            client = self.enterContext(gateway.client())
            client.send_json("/v1/chat/completions", {"model": "m", "stream": True})
            connection, _ = backend.take_request()
            data = sse_event(openai_chunk("one"))
            connection.send(sse_head() + b"%x\r\n%s\r\n" % (len(data), data))
            client.read_head().read_until(b"one")
            gateway.signal(15)
            gateway.wait_log("draining")
            where = f"127.0.0.1:{gateway.admin_port}"
            status, said = health("--address", where)
            self.assertEqual((status, said), (1, f"inferway health: not ready: {where} answers 503: draining\n"))
            self.assertEqual(health("--address", where, "--live")[0], 0)

    def test_no_gateway_is_not_ready(self):
        status, said = health("--address", f"127.0.0.1:{unused_port()}")
        self.assertEqual(status, 1)
        self.assertIn("cannot be connected to: Connection refused", said)


class AnswersTest(unittest.TestCase):
    def test_what_is_taken_for_ready(self):
        rows = {
            "whole": [READY],
            "byte by byte": [READY[i:i + 1] for i in range(len(READY))],
            "kept open": [READY, None],
        }
        for name, pieces in rows.items():
            with self.subTest(name), FakeAdmin(*pieces) as admin:
                self.assertEqual(health("--address", admin.address)[0], 0)

    def test_the_question(self):
        with FakeAdmin(READY) as admin:
            health("--address", admin.address)
        with FakeAdmin(LIVE) as live:
            self.assertEqual(health("--address", live.address, "--live")[0], 0)
        question = b"GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        self.assertEqual(admin.asked, [question])
        self.assertEqual(live.asked, [question.replace(b"ready", b"live")])

    def test_what_is_not(self):
        long = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Long: %s\r\n\r\nready\n"
        rows = {
            "another status": ([READY.replace(b"200 OK", b"503 No")], "answers 503: ready"),
            "a redirect": ([READY.replace(b"200 OK", b"302 Found")], "answers 302"),
            "interim": ([b"HTTP/1.1 100 Continue\r\n\r\n" + READY], "Content-Length"),
            "another body": ([READY.replace(b"ready", b"steady"[:5])], "answers 200: stead"),
            "nothing in it": ([b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"], "answers 200: "),
            "control characters": ([READY.replace(b"ready", b"\x1b[31m")], "answers 200: ?[31m"),
            "no length": ([b"HTTP/1.1 200 OK\r\n\r\nready\n"], "Content-Length"),
            "chunked": ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nready\n\r\n0\r\n\r\n"], "Content-Length"),
            "cut in the head": ([READY[:20]], "closed the connection before"),
            "cut in the body": ([READY[:-1]], "closed the connection before"),
            "silence, then the end": ([], "closed the connection before"),
            "two answers": ([READY + READY], "more than one answer"),
            "no HTTP": ([b"SSH-2.0-x\r\n\r\n"], "not as an admin port does"),
            "bare line breaks": ([READY.replace(b"\r\n", b"\n")], "not as an admin port does"),
            "HTTP/2": ([READY.replace(b"1.1", b"2.0")], "not as an admin port does"),
            "a huge head": ([long % (b"x" * 70_000)], "not as an admin port does"),
            "a huge body": ([READY.replace(b": 6", b": 600000000")], "too long"),
        }
        for name, (pieces, why) in rows.items():
            with self.subTest(name), FakeAdmin(*pieces) as admin:
                status, said = health("--address", admin.address)
                self.assertEqual(status, 1)
                self.assertIn(f"not ready: {admin.address} ", said)
                self.assertIn(why, said)

    def test_all_of_it_is_bounded(self):
        endless = [b"HTTP/1.1 200 OK\r\nX-Drip: "] + [b"x" * 20] * 200 + [None]
        for name, pieces in {"silence": [None], "a head that does not end": endless, "body": [READY[:-1], None]}.items():
            with self.subTest(name), FakeAdmin(*pieces) as admin:
                status, said = health("--address", admin.address, "--timeout", "200ms")
                self.assertEqual((status, said), (1, f"inferway health: not ready: {admin.address} did not answer in time\n"))


class PlacesTest(unittest.TestCase):
    def test_unix_sockets(self):
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/admin.sock"
            status, said = health("--address", f"unix:{path}")
            self.assertEqual(status, 1)
            self.assertIn("No such file or directory", said)
            with FakeAdmin(READY, family=socket.AF_UNIX, address=path):
                self.assertEqual(health("--address", f"unix:{path}"), (0, f"ready: unix:{path}\n"))

    @unittest.skipUnless(socket.has_ipv6, "no IPv6 here")
    def test_ipv6(self):
        try:
            admin = self.enterContext(FakeAdmin(READY, family=socket.AF_INET6, address=("::1", 0)))
        except OSError:
            self.skipTest("no ::1 here")
        port = admin.address.rsplit(":", 1)[1]
        for host in ("[::1]", "[::]"):
            self.assertEqual(health("--address", f"{host}:{port}")[0], 0)


if __name__ == "__main__":
    main()
