"""Load: over endpoints by their latency (balance: ewma), and over the gateway's own threads."""

import collections
import socket
import sys
import tempfile
import threading
import unittest
from pathlib import Path

from harness import Backend, Client, Gateway, answer, eventually, main, one_route
from held_backend import HeldBackend

ENTRY = str(Path(__file__).resolve().parent / "activation_entry.py")


class Lagging:
    """A backend each of whose answers takes `pause` seconds, which the test may change."""

    def __init__(self, pause, status=200):
        self.pause, self.status = pause, status
        self._never = threading.Event()

    def __call__(self, connection):
        while connection.read_request() is not None:
            self._never.wait(self.pause)
            connection.send(answer(self.status))


class EwmaTest(unittest.TestCase):
    def start(self, *behaviours):
        self.backends = [self.enterContext(Backend(behaviour)) for behaviour in behaviours]
        urls = [backend.url for backend in self.backends]
        return self.enterContext(Gateway(one_route(*urls, backend={"balance": "ewma"}, threads=2)))

    def ask(self, gateway, count, at_once=1):
        """How many of these each backend got."""
        before = [len(backend.requests) for backend in self.backends]

        def ask_some():
            with gateway.client() as client:
                for _ in range(count // at_once):
                    client.get("/x").read_response()

        threads = [threading.Thread(target=ask_some) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [len(backend.requests) - n for backend, n in zip(self.backends, before)]

    def test_the_faster_endpoint_gets_clearly_more(self):
        gateway = self.start(Lagging(0.2), Lagging(0.002))
        self.ask(gateway, 16, at_once=4)
        slow, fast = self.ask(gateway, 100, at_once=4)
        self.assertGreater(fast, 4 * slow)

    def test_a_slow_client_is_not_held_against_its_endpoint(self):
        gateway = self.start(Lagging(0.01), Lagging(0.01))
        self.ask(gateway, 40, at_once=2)
        with gateway.client() as uploader:
            uploader.send(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n")
            self.assertTrue(eventually(lambda: any(not r.whole for b in self.backends for r in b.requests)))
            for _ in range(10):
                uploader.send(b"x")
                self.ask(gateway, 10)  # time passes
            uploader.read_response()
        self.assertGreater(min(self.ask(gateway, 80, at_once=2)), 4)

    def test_one_that_refuses_quickly_does_not_attract_requests(self):
        gateway = self.start(Lagging(0.02), Lagging(0.0, status=404))
        self.ask(gateway, 20, at_once=2)
        self.assertGreater(min(self.ask(gateway, 80, at_once=2)), 1)

    def test_both_are_tried_at_first(self):
        gateway = self.start(Lagging(0.05), Lagging(0.05))
        self.assertNotIn(0, self.ask(gateway, 16, at_once=4))

    def test_an_endpoint_that_fails_quickly_does_not_attract_everything(self):
        gateway = self.start(Lagging(0.05), Lagging(0, status=503))
        self.ask(gateway, 20, at_once=4)
        good, failing = self.ask(gateway, 100, at_once=4)
        self.assertLess(failing, 10)
        self.assertGreater(good, 90)

    def test_an_endpoint_that_cannot_be_reached_does_not_attract_everything(self):
        with Backend() as gone, Backend(Lagging(0.02)) as backend:
            gone.close()
            config = one_route(backend.url, gone.url, backend={"balance": "ewma"})
            with Gateway(config) as gateway, gateway.client() as client:
                got = collections.Counter(client.get("/x").read_response().status for _ in range(100))
        self.assertGreater(got[200], 90)

    def test_an_endpoint_that_got_fast_again_gets_its_traffic_back(self):
        slow = Lagging(1.0)
        gateway = self.start(slow, Lagging(0.1))
        self.ask(gateway, 8, at_once=4)
        slow.pause = 0.001
        # The other one's requests in flight outweigh what is remembered of this one; then its new time counts.
        eventually(lambda: self.ask(gateway, 96, at_once=32)[0] > 48, timeout=60, what="the fast one is preferred")


class SpreadTest(unittest.TestCase):
    """Many long streams end up even on all threads, whoever accepted them."""

    STREAMS, THREADS = 64, 4

    def by_worker(self, gateway):
        metrics = gateway.metrics()
        return [int(metrics[f'inferway_worker_client_connections{{worker="{i}"}}']) for i in range(self.THREADS)]

    def spread(self, open_client, listen, **options):
        backend = self.enterContext(HeldBackend())
        config = one_route(backend.url, listen=listen, threads=self.THREADS)
        gateway = self.enterContext(Gateway(config, **options))
        streams = [self.stream(gateway, backend, open_client) for _ in range(self.STREAMS)]
        self.assert_even(gateway, self.STREAMS)
        # Some end: who comes then goes where most did.
        for client in streams[: self.STREAMS // 2]:
            client.close()
        eventually(lambda: sum(self.by_worker(gateway)) == self.STREAMS // 2)
        for _ in range(self.STREAMS // 2):
            self.stream(gateway, backend, open_client)
        self.assert_even(gateway, self.STREAMS)
        return gateway

    def stream(self, gateway, backend, open_client):
        client = self.enterContext(open_client(gateway))
        client.get("/x")
        connection, _ = backend.take_request()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
        client.read_head().read_until(b"x")
        return client

    def assert_even(self, gateway, total):
        loads = self.by_worker(gateway)
        self.assertEqual(sum(loads), total)
        # One that accepts keeps a connection while it has at most one more than the least.
        self.assertLessEqual(max(loads) - min(loads), 2, loads)

    def test_over_tcp(self):
        self.spread(lambda gateway: gateway.client(), "127.0.0.1:0")

    def test_over_a_unix_socket(self):
        with tempfile.TemporaryDirectory(prefix="inferway-") as directory:
            path = f"{directory}/x.sock"
            self.spread(lambda _: Client(None, path=path), f"unix:{path}")
            self.doCleanups()  # before the directory goes

    def test_over_an_inherited_socket(self):
        listener = self.enterContext(socket.create_server(("127.0.0.1", 0), backlog=100))
        port, number = listener.getsockname()[1], listener.fileno()
        prefix = [sys.executable, ENTRY, "", str(number)]
        self.spread(lambda _: Client(port), f"127.0.0.1:{port}", prefix=prefix, pass_fds=[number])


if __name__ == "__main__":
    main()
