"""One that is stuck - a client, a name, a log, an upload, a handshake - holds up nobody else: each of these tests has a
worker's other clients served meanwhile. With one thread there is no other worker to go to."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

from certificates import Authority
from flooding import BLOCK, Sender, stalled
from harness import Backend, Gateway, answer, eventually, json_answer, main, one_route, request
from held_backend import HeldBackend

ROUNDS = 20  # requests of the others while one is stuck
F_SETPIPE_SZ = 1031


@contextlib.contextmanager
def not_reading(gateway):
    """The gateway's log is not read meanwhile: its reader waits for the lock that it notes lines under."""
    with gateway._changed:  # pylint: disable=protected-access
        yield


class SilentNameServer:
    """Takes questions and never answers. A gateway started with prefix() asks it and no other."""

    ADDRESS = "127.0.53.53"
    SCRIPT = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'

    def __init__(self):
        self._directory = tempfile.TemporaryDirectory(prefix="inferway-")
        self._file = Path(self._directory.name) / "resolv.conf"
        self._file.write_text(f"nameserver {self.ADDRESS}\noptions timeout:30 attempts:1\n", encoding="ascii")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(10)

    def __enter__(self):
        """OSError where nobody may listen on that port."""
        try:
            self._socket.bind((self.ADDRESS, 53))
            subprocess.run([*self.prefix(), "true"], check=True, capture_output=True, timeout=20)
        except (OSError, subprocess.SubprocessError) as error:
            self.__exit__()
            raise unittest.SkipTest(f"no name server of one's own can be had here: {error}") from None
        return self

    def __exit__(self, *_):
        self._socket.close()
        self._directory.cleanup()

    def prefix(self):
        return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", self.SCRIPT, str(self._file)]

    def was_asked(self):
        """Waits for a question."""
        return b"inferway" in self._socket.recv(512)


def to(backend):
    return [{"backend": backend}]


def with_other(url, other_url, **top):
    """/x goes to one backend, whatever is stuck there; /other to another one."""
    return {
        "backends": {"main": {"endpoints": [url]}, "other": {"endpoints": [other_url]}},
        "routes": [
            {"match": {"path": "/other"}, "to": to("other")},
            {"match": {"path": "/chat", "model": "m"}, "to": to("main")},
            {"match": {"path": "/*"}, "to": to("main")},
        ],
        **top,
    }


class IsolationCase(unittest.TestCase):
    threads = 1

    def setUp(self):
        self.other = self.enterContext(Backend(lambda c: self.serve(c)))

    @staticmethod
    def serve(connection):
        while (asked := connection.read_request()) is not None:
            connection.send(json_answer({"asked": asked.target}))

    def start(self, url, prefix=(), **top):
        return self.enterContext(Gateway(with_other(url, self.other.url, threads=self.threads, **top), prefix=prefix))

    def others_are_served(self, gateway, rounds=ROUNDS):
        """Others ask, on a connection that they keep and on new ones, so that each worker has its turn."""
        with gateway.client() as kept:
            for _ in range(rounds):
                self.assertEqual(kept.get("/other").read_response().json(), {"asked": "/other"})
                with gateway.client() as fresh:
                    answered = fresh.get("/other", [("Connection", "close")]).read_response()
                    self.assertEqual(answered.json(), {"asked": "/other"})


class OneThreadTest(IsolationCase):
    def test_a_client_that_does_not_read_its_huge_answer(self):
        with HeldBackend() as backend:
            gateway = self.start(backend.url)
            with gateway.client(receive_buffer=4096) as stuck:
                stuck.get("/huge")
                connection, _ = backend.take_request()
                connection.send(answer(headers=[("Content-Length", str(1024 * len(BLOCK)))]))
                sender = Sender(connection.socket, 1024)
                stalled(lambda: sender.sent)
                self.others_are_served(gateway)
                stuck.close()
                connection.drop()

    def test_an_upload_of_32_mib_that_trickles(self):
        size = 32 * 1024 * 1024
        with Backend() as backend:
            gateway = self.start(backend.url)
            with gateway.client() as streamed, gateway.client() as held:
                head = [("Content-Length", str(size))]
                streamed.send(request("POST", "/upload", head))
                held.send(request("POST", "/chat", head, b'{"model": "m", "x": "'))
                over = threading.Event()
                trickle = threading.Thread(target=self.trickle, args=((streamed, held), over))
                trickle.start()
                try:
                    eventually(lambda: gateway.metric("inferway_buffered_bytes") >= 1024 * 1024, timeout=30)
                    self.others_are_served(gateway)
                finally:
                    over.set()
                    trickle.join()

    @staticmethod
    def trickle(clients, over):
        """As fast as the gateway takes it, but in small pieces; the end never comes."""
        while not over.is_set():
            for client in clients:
                client.send(b"x" * 10_000)

    def test_a_log_that_nobody_reads(self):
        directory = self.enterContext(tempfile.TemporaryDirectory(prefix="inferway-"))
        fifo = Path(directory) / "access.log"
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        fcntl.fcntl(reader, F_SETPIPE_SZ, 4096)
        with Backend(self.serve) as backend:
            gateway = self.start(backend.url, log={"access": str(fifo)})
            with gateway.client() as client:
                dropped = 0
                # The pipe, a ring for each worker and what the writer has in hand are full after some thousands.
                for _ in range(60):
                    client.send(request("GET", "/x") * 500)
                    for _ in range(500):
                        self.assertEqual(client.read_response().status, 200)
                    dropped = gateway.metric("inferway_access_log_dropped_total")
                    if dropped:
                        break
                self.assertGreater(dropped, 0)
            self.others_are_served(gateway)

    def test_a_peer_that_begins_tls_and_says_no_more(self):
        authority = Authority()
        tls = authority.identity("gateway.test").tls()
        with Backend() as backend:
            listen = ["127.0.0.1:0", {"address": "127.0.0.1:0", "tls": tls}]
            gateway = self.start(backend.url, listen=listen, limits={"tls_handshakes": 1000})
            silent = [self.enterContext(socket.create_connection(("127.0.0.1", gateway.ports[1]))) for _ in range(50)]
            for sock in silent:
                sock.sendall(b"\x16\x03\x01\x02")  # the beginning of a ClientHello
            eventually(lambda: gateway.metric("inferway_client_connections") >= 50)
            self.others_are_served(gateway)

    def test_an_operational_log_that_nobody_reads(self):
        with Backend() as backend:
            gateway = self.start(backend.url)
            fcntl.fcntl(gateway.process.stderr.fileno(), F_SETPIPE_SZ, 4096)
            with not_reading(gateway):

                def lost():
                    gateway.signal(signal.SIGHUP)  # the main thread has something to say
                    return gateway.metric("inferway_log_dropped_total")

                eventually(lost, timeout=30)
                self.others_are_served(gateway)

    def test_a_name_that_is_long_in_coming(self):
        with SilentNameServer() as names:
            gateway = self.start("http://model.inferway.test:8000", prefix=names.prefix())
            with gateway.client() as stuck:
                stuck.get("/x")
                self.assertTrue(names.was_asked())
                self.others_are_served(gateway)
                self.assertEqual(stuck.read_response().header("x-inferway-error"), "connect_timeout")


class TwoThreadsTest(OneThreadTest):
    threads = 2


if __name__ == "__main__":
    main()
