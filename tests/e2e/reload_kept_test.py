"""A reload loses nothing: connections, figures, listeners, and what is asked meanwhile."""

import os
import threading
import unittest

from flooding import resident_bytes
from harness import Backend, Client, Gateway, eventually, json_answer, main, one_route, request, unused_port
from held_backend import HeldBackend
from reloading import naming

RELOADS = int(os.environ.get("INFERWAY_RELOADS", "200"))


class KeptTest(unittest.TestCase):
    def test_connections_to_backends_are_kept(self):
        with Backend() as backend, Gateway(one_route(backend.url, threads=1)) as gateway, gateway.client() as client:
            for route in ("all", "all", "renamed"):
                gateway.reload(one_route(backend.url, threads=1, route={"name": route}))
                self.assertEqual(client.get("/").read_response().status, 200)
            self.assertEqual(backend.connections, 1)
            self.assertEqual(gateway.metric("inferway_upstream_connects_total", backend="main"), 1)
            self.assertEqual(gateway.metric("inferway_upstream_connections", backend="main", state="idle"), 1)

    def test_a_connection_that_is_in_use_meanwhile_is_kept_as_well(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url, threads=1)) as gateway, gateway.client() as client:
            client.get("/")
            connection, _ = backend.take_request()
            for _ in range(3):
                gateway.reload(one_route("http://127.0.0.1:1", backend.url, threads=1)
                               if _ == 1 else one_route(backend.url, threads=1))
            connection.send(json_answer(1))
            client.read_response()
            client.get("/")
            self.assertIsNotNone(connection.read_request())
            connection.send(json_answer(2))
            self.assertEqual(client.read_response().json(), 2)

    def test_an_endpoint_that_is_gone_gets_nothing_more(self):
        with Backend(naming("one")) as one, Backend(naming("two")) as two:
            with Gateway(one_route(one.url, two.url, threads=1)) as gateway, gateway.client() as client:
                while not (one.requests and two.requests):
                    client.get("/").read_response()
                gateway.reload(one_route(two.url, threads=1))
                eventually(lambda: one.open == 0)
                self.assertEqual(client.get("/").read_response().body, b"two")
                self.assertEqual(two.open, 1)

    def test_figures_go_on_where_they_were(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            counted = lambda **labels: gateway.metric("inferway_requests_total", **labels)  # noqa: E731
            client.get("/").read_response()
            eventually(lambda: counted(route="all", backend="main") == 1)
            other = {
                "backends": {"first": {"endpoints": [backend.url]}, "main": {"endpoints": [backend.url]}},
                "routes": [
                    {"name": "first", "match": {"path": "/first"}, "to": [{"backend": "first"}]},
                    {"name": "all", "match": {"path": "/*"}, "to": [{"backend": "main"}]},
                ],
            }
            gateway.reload(other)
            client.get("/").read_response()
            client.get("/first").read_response()
            eventually(lambda: counted(route="all", backend="main") == 2)
            eventually(lambda: counted(route="first", backend="first") == 1)
            gateway.reload(one_route(backend.url))
            self.assertEqual(counted(route="first", backend="first"), 1, "what is gone is still told")
            self.assertEqual(gateway.metric("inferway_upstream_attempts_total", backend="main"), 2)
            eventually(lambda: gateway.metric("inferway_upstream_in_flight") == 0)

    def test_a_callers_rate_goes_on(self):
        key = {"name": "ci", "sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", "rpm": 2}
        with Backend() as backend:
            config = one_route(backend.url, keys={"required": True, "static": [key]})
            with Gateway(config) as gateway, gateway.client() as client:
                ask = lambda: client.get("/", [("x-api-key", "foo")]).read_response().status  # noqa: E731
                self.assertEqual(ask(), 200)
                gateway.reload()
                self.assertEqual(ask(), 200)
                gateway.reload()
                self.assertEqual(ask(), 429)


class ListenersTest(unittest.TestCase):
    def test_listeners_come_and_go(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway:
            first, second = unused_port(), unused_port()
            path = gateway.directory / "data.sock"
            with gateway.client() as resting:
                resting.get("/").read_response()
                gateway.reload(one_route(
                    backend.url, listen=["127.0.0.1:0", f"127.0.0.1:{first}", f"unix:{path}"]))
                for client in (Client(first), Client(None, path=path), gateway.client()):
                    with client:
                        self.assertEqual(client.get("/").read_response().status, 200)
                with Client(first) as early:
                    gateway.reload(one_route(backend.url, listen=[f"127.0.0.1:{second}", f"127.0.0.1:{first}"]))
                    self.assertFalse(path.exists())
                    self.assertRaises(OSError, Client, gateway.port)
                    for client in (Client(first), Client(second)):
                        with client:
                            self.assertEqual(client.get("/").read_response().status, 200)
                    # Connections outlive the socket that they came by.
                    self.assertEqual(early.get("/").read_response().status, 200)
                self.assertEqual(resting.get("/").read_response().status, 200)

    def test_connections_that_wait_when_a_listener_goes_are_served(self):
        with Backend() as backend:
            port, other = unused_port(), unused_port()
            with Gateway(one_route(backend.url, listen=[f"127.0.0.1:{port}", f"127.0.0.1:{other}"])) as gateway:
                for _ in range(5):
                    clients = [Client(port) for _ in range(20)]
                    gateway.reload(one_route(backend.url, listen=[f"127.0.0.1:{other}"]))
                    for client in clients:
                        with client:
                            self.assertEqual(client.get("/").read_response().status, 200)
                    gateway.reload(one_route(backend.url, listen=[f"127.0.0.1:{port}", f"127.0.0.1:{other}"]))


class UnderLoadTest(unittest.TestCase):
    def test_no_request_fails_and_no_memory_is_lost(self):
        with Backend() as one, Backend() as two:
            configs = [one_route(one.url), one_route(two.url, one.url, route={"name": "both"})]
            with Gateway(configs[0]) as gateway:
                over, counts, failures = threading.Event(), [0] * 4, []

                def ask(index):
                    try:
                        with gateway.client() as client:
                            while not over.is_set():
                                status = client.send(request("POST", "/", body=b"x" * 500)).read_response().status
                                if status != 200:
                                    failures.append(status)
                                counts[index] += 1
                    except Exception as failure:  # pylint: disable=broad-except
                        failures.append(failure)

                threads = [threading.Thread(target=ask, args=(index,)) for index in range(len(counts))]
                for thread in threads:
                    thread.start()
                try:
                    settled = None
                    for number in range(RELOADS):
                        gateway.reload(configs[number % 2])
                        if number == RELOADS // 4:
                            settled = resident_bytes(gateway.pid)
                    grown = resident_bytes(gateway.pid) - settled
                finally:
                    over.set()
                    for thread in threads:
                        thread.join()
                self.assertEqual(failures, [])
                self.assertGreater(min(counts), 0)
                self.assertEqual(gateway.metric("inferway_config_generation"), RELOADS + 1)
                eventually(lambda: gateway.metric("inferway_requests_total", status="200") == sum(counts))
                self.assertEqual(gateway.metric("inferway_requests_in_flight"), 0)
                if not os.environ.get("INFERWAY_SANITIZED"):
                    self.assertLess(grown, 8 * 1024 * 1024)


if __name__ == "__main__":
    main()
