"""Kept connections to backends: reuse, order, bounds, ends; and what happens when one turns out to be dead."""

import random
import threading
import unittest

from harness import Backend, Client, Gateway, answer, answering, eventually, json_answer, main, one_route, request
from held_backend import HeldBackend, first_readable


def pooled(*urls, threads=1, **pool):
    """One thread, so that there is one pool to look at."""
    return one_route(*urls, backend={"pool": {"idle": "30s", **pool}}, threads=threads)


def ask(client, path="/x"):
    response = client.get(path).read_response()
    assert response.status == 200, response
    return response


class PoolTest(unittest.TestCase):
    def test_requests_one_after_the_other_share_one_connection(self):
        with Backend() as backend, Gateway(pooled(backend.url)) as gateway:
            for _ in range(3):  # three clients: the pool is not a client's own
                with gateway.client() as client:
                    for _ in range(5):
                        ask(client)
            self.assertEqual(backend.connections, 1)
            self.assertEqual(gateway.metric("inferway_upstream_reused_total"), 14)
            eventually(lambda: gateway.metric("inferway_upstream_connections", state="idle") == 1)
            eventually(lambda: gateway.metric("inferway_upstream_connections", state="active") == 0)

    def test_the_connection_used_last_is_used_next(self):
        with HeldBackend() as backend, Gateway(pooled(backend.url)) as gateway:
            with gateway.client() as one, gateway.client() as two:
                one.get("/1")
                first, _ = backend.take_request()
                two.get("/2")
                second, _ = backend.take_request()
                for connection, client in ((second, two), (first, one)):
                    connection.send(answer(body=b"ok"))
                    self.assertEqual(client.read_response().body, b"ok")
                for client in (one, two, one):
                    client.get("/next")
                    self.assertIs(first_readable([first, second]), first)
                    first.read_request()
                    first.send(answer(body=b"ok"))
                    client.read_response()

    def test_no_more_than_max_idle_are_kept(self):
        with HeldBackend() as backend, Gateway(pooled(backend.url, max_idle=2)) as gateway:
            clients = [gateway.client() for _ in range(4)]
            taken = []
            for client in clients:
                client.get("/x")
                taken.append(backend.take_request()[0])
            for client, connection in zip(clients, taken):
                connection.send(answer(body=b"ok"))
                client.read_response()
            for connection in taken[2:]:
                self.assertTrue(connection.wait_closed(2))
            eventually(lambda: gateway.metric("inferway_upstream_connections", state="idle") == 2)
            for client in clients:
                client.close()

    def test_an_idle_connection_is_closed_after_the_idle_time(self):
        with HeldBackend() as backend, Gateway(pooled(backend.url, idle="200ms")) as gateway:
            with gateway.client() as client:
                client.get("/x")
                connection, _ = backend.take_request()
                connection.send(answer())
                client.read_response()
                self.assertTrue(connection.wait_closed(3))
                eventually(lambda: gateway.metric("inferway_upstream_connections") == 0)

    def test_a_connection_older_than_max_age_is_not_used_again(self):
        with Backend() as backend, Gateway(pooled(backend.url, max_age="300ms")) as gateway:
            with gateway.client() as client:
                eventually(lambda: ask(client) and backend.connections > 1, what="a second connection")
                self.assertTrue(backend.wait_for(lambda: backend.open == 1))

    def test_an_idle_connection_is_closed_by_any_byte_and_by_its_end(self):
        endings = {
            "a byte": lambda connection: connection.send(b"x"),
            "an answer nobody asked for": lambda connection: connection.send(answer(body=b"poison")),
            "an end": lambda connection: connection.shutdown_write(),
        }
        with HeldBackend() as backend, Gateway(pooled(backend.url)) as gateway, gateway.client() as client:
            for name, end in endings.items():
                with self.subTest(name):
                    client.get("/first")
                    connection, _ = backend.take_request()
                    connection.send(answer(body=b"first"))
                    self.assertEqual(client.read_response().body, b"first")
                    end(connection)
                    self.assertTrue(connection.wait_closed(2))
            eventually(lambda: gateway.metric("inferway_upstream_connections") == 0)
            self.assertEqual(gateway.metric("inferway_upstream_replaced_total"), 0)

    def test_what_the_backend_would_not_keep_is_not_kept(self):
        rows = {
            "connection close": (answer(headers=[("Connection", "close")], body=b"ok"), False),
            "http 1.0": (answer(body=b"ok", version="1.0"), False),
            "http 1.0 keep-alive": (answer(headers=[("Connection", "keep-alive")], body=b"ok", version="1.0"), True),
            "close among others": (answer(headers=[("Connection", "x, Close")], body=b"ok"), False),
            "http 1.1": (answer(body=b"ok"), True),
        }
        for name, (bytes_sent, kept) in rows.items():
            with self.subTest(name), HeldBackend() as backend, Gateway(pooled(backend.url)) as gateway:
                with gateway.client() as client:
                    client.get("/x")
                    connection, _ = backend.take_request()
                    connection.send(bytes_sent)
                    self.assertEqual(client.read_response().body, b"ok")
                    if not kept:
                        self.assertTrue(connection.wait_closed(2))
                    client.get("/x")
                    if not kept:
                        connection = backend.take()
                    self.assertIsNotNone(connection.read_request())

    def test_a_large_streamed_body_goes_out_on_a_fresh_connection(self):
        with Backend() as backend, Gateway(pooled(backend.url)) as gateway, gateway.client() as client:
            ask(client)
            client.send(request("POST", "/big", body=b"b" * 70_000))
            self.assertEqual(client.read_response().status, 200)
            self.assertEqual(backend.connections, 2)
            client.send(request("POST", "/small", body=b"s" * 60_000))
            self.assertEqual(client.read_response().status, 200)
            self.assertEqual(backend.connections, 2)
            self.assertEqual([len(r.body) for r in backend.requests], [0, 70_000, 60_000])


class StaleConnectionTest(unittest.TestCase):
    """A kept connection may be closed by the backend at the very moment a request goes out on it."""

    SENT = {
        "no body": request("GET", "/v1/x"),
        "a body read for its model": request("POST", "/v1/model", body=b'{"model":"m","x":"%s"}' % (b"y" * 20_000)),
        "a streamed body": request("POST", "/v1/plain", body=b"z" * 30_000),
    }

    def config(self, backend):
        config = pooled(backend.url)
        by_model = {"match": {"path": "/v1/model", "model": "m"}, "to": [{"backend": "main"}]}
        config["routes"].insert(0, by_model)
        return config

    def test_is_replaced_once_and_nobody_notices(self):
        for end in ("close", "reset"):
            for name, sent in self.SENT.items():
                with self.subTest(name, end=end), HeldBackend() as backend, Gateway(self.config(backend)) as gateway:
                    with gateway.client() as client:
                        client.get("/warm")
                        stale, _ = backend.take_request()
                        stale.send(answer())
                        client.read_response()
                        client.send(sent)
                        on_stale = stale.read_request()
                        getattr(stale, end)()
                        fresh, again = backend.take_request()
                        fresh.send(answer(body=b"at last"))
                        self.assertEqual(client.read_response().body, b"at last")
                        self.assertEqual(bytes(again.raw), bytes(on_stale.raw))
                        self.assertEqual(gateway.metric("inferway_upstream_replaced_total"), 1)

    def test_a_fresh_connection_that_closes_is_a_failure(self):
        with HeldBackend() as backend, Gateway(self.config(backend)) as gateway, gateway.client() as client:
            client.get("/warm")
            connection, _ = backend.take_request()
            connection.send(answer())
            client.read_response()
            client.get("/x")
            connection.read_request()
            connection.close()
            fresh, _ = backend.take_request()
            fresh.close()
            response = client.read_response()
            self.assertEqual((response.status, response.header("x-inferway-error")), (502, "upstream_closed"))
            self.assertEqual(backend.connections, 2)

    def test_once_an_answer_has_begun_it_is_not_asked_again(self):
        with HeldBackend() as backend, Gateway(self.config(backend)) as gateway, gateway.client() as client:
            client.get("/warm")
            connection, _ = backend.take_request()
            connection.send(answer())
            client.read_response()
            client.get("/x")
            connection.read_request()
            connection.send(b"HTTP/1.1 2")
            connection.close()
            response = client.read_response()
            self.assertEqual((response.status, response.header("x-inferway-error")), (502, "upstream_closed"))
            self.assertEqual(backend.connections, 1)

    def test_a_backend_that_closes_at_random_costs_no_request(self):
        dice = random.Random(7)

        def moody(connection):
            first = True
            while (asked := connection.read_request()) is not None:
                if not first and dice.random() < 0.3:
                    return  # read, not answered
                connection.send(json_answer({"n": asked.header("n"), "size": len(asked.body)}))
                first = False
                if dice.random() < 0.3:
                    return

        def load(port, n, failures):
            with Client(port) as client:
                for i in range(100):
                    body = b"b" * (i * 37)
                    client.send(request("POST", "/x", [("N", f"{n}.{i}")], body))
                    response = client.read_response()
                    if response.status != 200 or response.json() != {"n": f"{n}.{i}", "size": len(body)}:
                        failures.append(response)

        with Backend(moody) as backend, Gateway(pooled(backend.url, threads=2)) as gateway:
            failures = []
            threads = [threading.Thread(target=load, args=(gateway.port, n, failures)) for n in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(failures, [])
            self.assertGreater(gateway.metric("inferway_upstream_replaced_total"), 0)
            self.assertGreater(gateway.metric("inferway_upstream_reused_total"), 0)
            # The last answer reaches its client a moment before the gateway is done with it.
            eventually(lambda: gateway.metric("inferway_upstream_in_flight") == 0)
            eventually(lambda: gateway.metric("inferway_upstream_connections", state="active") == 0)


class ManyTest(unittest.TestCase):
    def test_pool_figures_return_to_nothing(self):
        with Backend(answering(answer(body=b"x" * 1000))) as backend:
            with Gateway(pooled(backend.url, threads=2, max_idle=3, idle="100ms")) as gateway:
                clients = [gateway.client() for _ in range(20)]
                for _ in range(5):
                    for client in clients:
                        client.get("/x")
                    for client in clients:
                        self.assertEqual(client.read_response().status, 200)
                for client in clients:
                    client.close()
                eventually(lambda: gateway.metric("inferway_upstream_connections") == 0, what="all connections closed")
                self.assertTrue(backend.wait_for(lambda: backend.open == 0))
                self.assertEqual(gateway.metric("inferway_upstream_attempts_total"), 100)


if __name__ == "__main__":
    main()
