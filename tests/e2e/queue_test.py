"""Requests that wait for an endpoint: max_inflight, and the backend's queue."""

import threading
import unittest

from harness import Backend, Gateway, answer, eventually, main, one_route
from held_backend import HeldBackend

# Kept connections are their worker's own, and the next request may be another worker's.
CLOSING = answer(200, [("Connection", "close")])


class Counting:
    """Answers each request after a moment, and knows how many it had at once."""

    def __init__(self, pause=0.005):
        self.pause, self.now, self.most = pause, 0, 0
        self._lock = threading.Lock()
        self._never = threading.Event()

    def __call__(self, connection):
        while connection.read_request() is not None:
            with self._lock:
                self.now += 1
                self.most = max(self.most, self.now)
            self._never.wait(self.pause)
            with self._lock:
                self.now -= 1
            connection.send(answer(200))


class QueueCase(unittest.TestCase):
    def start(self, *backends, threads=2, **options):
        self.gateway = self.enterContext(
            Gateway(one_route(*(backend.url for backend in backends), backend=options, threads=threads))
        )
        return self.gateway

    def figure(self, name):
        return self.gateway.metric(name)

    def wait_length(self, length):
        self.assertTrue(eventually(lambda: self.figure("inferway_queue_length") == length), f"never {length} waited")

    def client(self):
        return self.enterContext(self.gateway.client())

    def ask(self, path):
        client = self.client()
        client.get(path)
        return client

    def assert_refused(self, response, code):
        self.assertEqual((response.status, response.header("x-inferway-error")), (503, code))
        self.assertGreaterEqual(int(response.header("Retry-After")), 1)
        self.assertEqual(response.json()["error"]["type"], "overloaded_error")


class BoundTest(QueueCase):
    def load(self, clients, requests):
        statuses = []

        def ask_some():
            with self.gateway.client() as client:
                for _ in range(requests):
                    statuses.append(client.get("/x").read_response().status)

        threads = [threading.Thread(target=ask_some) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(statuses, [200] * (clients * requests))

    def test_an_endpoint_never_gets_more_at_once_than_it_may(self):
        counting = [Counting(), Counting()]
        backends = [self.enterContext(Backend(each)) for each in counting]
        self.start(*backends, max_inflight=3, queue={"size": 100, "timeout": "60s"})
        self.load(clients=16, requests=20)
        self.assertEqual([each.most for each in counting], [3, 3])
        self.assertEqual(sum(len(backend.requests) for backend in backends), 320)
        self.assertEqual(self.figure("inferway_queue_length"), 0)
        self.assertGreater(self.figure("inferway_queue_waits_total"), 0)
        self.assertGreater(self.figure("inferway_queue_wait_seconds_total"), 0)
        self.assertEqual(self.figure("inferway_endpoint_in_flight"), 0)
        self.assertEqual(self.figure("inferway_endpoint_max_in_flight"), 6)

    def test_without_a_bound_nobody_waits(self):
        counting = Counting(pause=0.05)
        self.start(self.enterContext(Backend(counting)), queue={"size": 100})
        self.load(clients=12, requests=4)
        self.assertGreater(counting.most, 6)
        self.assertEqual(self.figure("inferway_queue_waits_total"), 0)

    def test_auto_starts_at_eight(self):
        backend = self.enterContext(HeldBackend())
        self.start(backend, max_inflight="auto", queue={"size": 5})
        clients = [self.ask(f"/{i}") for i in range(8)]
        held = [backend.take_request()[0] for _ in clients]
        last = self.ask("/last")
        self.wait_length(1)
        self.assertEqual(self.figure("inferway_endpoint_max_in_flight"), 8)
        held[0].send(CLOSING)
        held[0] = backend.take_request()[0]
        for connection in held:
            connection.send(CLOSING)
        for client in [*clients, last]:
            self.assertEqual(client.read_response().status, 200)


class OrderTest(QueueCase):
    def test_who_waits_longest_is_served_first(self):
        backend = self.enterContext(HeldBackend())
        self.start(backend, max_inflight=1, queue={"size": 10, "timeout": "60s"})
        clients = [self.ask("/0")]
        connection, request = backend.take_request()
        for i in range(1, 7):
            clients.append(self.ask(f"/{i}"))
            self.wait_length(i)
        served = [request.target]
        for i, client in enumerate(clients):
            connection.send(CLOSING)
            client.read_response()
            if i + 1 < len(clients):
                connection, request = backend.take_request()
                served.append(request.target)
        self.assertEqual(served, [f"/{i}" for i in range(7)])

    def test_a_client_that_leaves_makes_room(self):
        backend = self.enterContext(HeldBackend())
        self.start(backend, max_inflight=1, queue={"size": 2, "timeout": "60s"})
        first = self.ask("/first")
        connection, _ = backend.take_request()
        leaves = self.ask("/leaves")
        self.wait_length(1)
        stays = self.ask("/stays")
        self.wait_length(2)
        self.assert_refused(self.ask("/refused").read_response(), "queue_full")
        leaves.close()
        self.wait_length(1)
        late = self.ask("/late")
        self.wait_length(2)
        for client, follows in ((first, "/stays"), (stays, "/late"), (late, None)):
            connection.send(CLOSING)
            self.assertEqual(client.read_response().status, 200)
            if follows:
                connection, request = backend.take_request()
                self.assertEqual(request.target, follows)


class RefusalTest(QueueCase):
    def test_without_a_queue_it_is_full_at_once(self):
        backend = self.enterContext(HeldBackend())
        self.start(backend, max_inflight=1)
        first = self.ask("/")
        connection, _ = backend.take_request()
        self.assert_refused(self.ask("/").read_response(), "queue_full")
        self.assertEqual(self.figure("inferway_queue_full_total"), 1)
        connection.send(CLOSING)
        self.assertEqual(first.read_response().status, 200)
        again = self.ask("/")  # its place is free
        connection, _ = backend.take_request()
        connection.send(CLOSING)
        self.assertEqual(again.read_response().status, 200)

    def test_who_waits_too_long_is_told(self):
        backend = self.enterContext(HeldBackend())
        self.start(backend, max_inflight=1, queue={"size": 5, "timeout": "200ms"})
        self.ask("/")
        backend.take_request()
        self.assert_refused(self.ask("/").read_response(), "queue_timeout")
        self.assertEqual(self.figure("inferway_queue_timeouts_total"), 1)
        self.assertGreaterEqual(self.figure("inferway_queue_wait_seconds_total"), 0.2)
        self.assertEqual(self.figure("inferway_queue_length"), 0)


class RestTest(QueueCase):
    def test_the_end_of_a_short_rest_is_waited_for(self):
        statuses = [429]

        def behave(connection):
            while connection.read_request() is not None:
                connection.send(answer(statuses.pop() if statuses else 200, [("Retry-After", "1")]))

        self.start(self.enterContext(Backend(behave)))
        self.assertEqual(self.ask("/").read_response().status, 429)
        waits = [self.ask("/") for _ in range(5)]
        self.assertEqual([client.read_response().status for client in waits], [200] * 5)
        self.assertEqual(self.figure("inferway_queue_waits_total"), 5)


if __name__ == "__main__":
    main()
