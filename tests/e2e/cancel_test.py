"""A client that goes takes its request with it: at once, in every phase, however it goes."""

import threading
import unittest

from harness import Gateway, answer, chunk, eventually, main, one_route, request, sse_event, sse_head
from held_backend import HeldBackend, black_hole

CHAT = "/v1/chat/completions"
BODY = b"b" * 4_000_000
# How long a backend may wait for its connection's end; the gateway itself takes a turn of its loop.
SOON = 2

# The ways in which clients go.
WAYS = {
    "half-closes": lambda client: client.half_close(),
    "closes": lambda client: client.close(),
    "resets": lambda client: client.reset(),
}


# The phases: each takes a request up to a certain moment, and returns the backend's connection.


def while_uploading(client, backend):
    client.send(request("POST", "/x", [("Content-Length", str(len(BODY)))], BODY[:100_000]))
    connection = backend.take()
    connection.read_head()
    return connection


def while_uploading_chunks(client, backend):
    client.send(request("POST", "/x", [("Transfer-Encoding", "chunked")], chunk(b"first")))
    connection = backend.take()
    connection.read_head()
    return connection


def before_the_head(client, backend):
    client.send_json(CHAT, {"model": "m"})
    return backend.take_request()[0]


def inside_the_head(client, backend):
    connection = before_the_head(client, backend)
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Le")
    return connection


def between_head_and_body(client, backend):
    connection = before_the_head(client, backend)
    connection.send(sse_head())
    client.read_head()
    return connection


def inside_a_stream(client, backend):
    connection = before_the_head(client, backend)
    connection.send(sse_head() + chunk(sse_event("{}")) + chunk(b"data: half"))
    client.read_head().read_until(b"{}\n\n")
    return connection


def inside_a_body(client, backend):
    client.get("/x")
    connection, _ = backend.take_request()
    connection.send(answer(headers=[("Content-Length", "100")], body=b"some"))
    client.read_head().read_until(b"some")
    return connection


def with_more_requests_behind(client, backend):
    client.send(request("GET", "/x") + request("GET", "/y") + request("POST", "/z", body=b"z" * 1000))
    connection, asked = backend.take_request()
    assert asked.target == "/x", asked.target
    return connection


def with_bytes_the_client_does_not_take(client, backend):
    client.get("/x")
    connection, _ = backend.take_request()
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n")
    connection.blocked = threading.Event()

    def flood():
        connection.socket.settimeout(0.2)
        try:
            while True:
                connection.socket.sendall(BODY)
        except TimeoutError:
            connection.blocked.set()
        except OSError:
            pass

    threading.Thread(target=flood, daemon=True).start()
    assert connection.blocked.wait(20), "the flood was never held back"
    return connection


PHASES = [
    while_uploading,
    while_uploading_chunks,
    before_the_head,
    inside_the_head,
    between_head_and_body,
    inside_a_stream,
    inside_a_body,
    with_more_requests_behind,
    with_bytes_the_client_does_not_take,
]


class CancelTest(unittest.TestCase):
    def check_gone(self, gateway, count):
        records = gateway.access_log(count)
        self.assertEqual([(r["status"], r["error"]) for r in records], [(499, "client_gone")] * count)

    def test_the_backends_connection_ends_at_once_and_is_not_reused(self):
        for phase in PHASES:
            with HeldBackend() as backend, Gateway(one_route(backend.url, threads=1)) as gateway:
                for way, go in WAYS.items():
                    with self.subTest(phase.__name__, client=way), gateway.client(receive_buffer=65536) as client:
                        connection = phase(client, backend)
                        go(client)
                        self.assertTrue(connection.wait_closed(SOON))
                self.check_gone(gateway, len(WAYS))
                eventually(lambda g=gateway: g.metric("inferway_requests_in_flight") == 0)
                eventually(lambda: gateway.metric("inferway_upstream_in_flight") == 0)
                eventually(lambda: gateway.metric("inferway_upstream_connections") == 0)
                self.assertEqual(gateway.metric("inferway_upstream_cancelled_total"), len(WAYS))
                self.assertEqual(gateway.metric("inferway_requests_total", status="499"), len(WAYS))
                self.assertEqual(backend.connections, len(WAYS))

    def test_before_the_connection_is_there(self):
        with black_hole() as url:
            config = one_route(url, backend={"timeouts": {"connect": "30s"}})
            with Gateway(config) as gateway:
                for way, go in WAYS.items():
                    with self.subTest(client=way), gateway.client() as client:
                        client.get("/x")
                        eventually(lambda: gateway.metric("inferway_upstream_in_flight") == 1)
                        go(client)
                        eventually(lambda: gateway.metric("inferway_upstream_in_flight") == 0, SOON)
                        eventually(lambda: gateway.metric("inferway_upstream_connections") == 0)
                self.check_gone(gateway, len(WAYS))

    def test_before_the_body_is_whole_that_routing_needs(self):
        with HeldBackend() as backend:
            config = one_route(backend.url, route={"match": {"path": CHAT, "model": "m"}})
            with Gateway(config) as gateway:
                for way, go in WAYS.items():
                    with self.subTest(client=way), gateway.client() as client:
                        client.send(request("POST", CHAT, [("Content-Length", "100000")], b'{"model":"m",'))
                        eventually(lambda: gateway.metric("inferway_requests_in_flight") == 1)
                        go(client)
                        eventually(lambda: gateway.metric("inferway_requests_in_flight") == 0, SOON)
                        eventually(lambda: gateway.metric("inferway_buffered_bytes") == 0)
                self.check_gone(gateway, len(WAYS))
                self.assertEqual(backend.connections, 0)

    def test_while_a_buffered_body_goes_to_a_backend_that_does_not_read(self):
        with HeldBackend() as backend:
            config = one_route(backend.url, route={"match": {"path": CHAT, "model": "m"}})
            with Gateway(config) as gateway, gateway.client() as client:
                client.send(request("POST", CHAT, body=b'{"model":"m","x":"%s"}' % (BODY * 7)))
                connection = backend.take()
                connection.read_head()
                client.half_close()
                eventually(lambda: gateway.metric("inferway_upstream_in_flight") == 0, SOON)
                eventually(lambda: gateway.metric("inferway_buffered_bytes") == 0, SOON)
                self.assertTrue(connection.wait_closed(SOON))
                self.check_gone(gateway, 1)

    def test_a_client_that_goes_after_its_answer_is_not_gone(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url, threads=1)) as gateway:
            connection = None
            for go in WAYS.values():
                with gateway.client() as client:
                    client.send(request("POST", "/x", body=b"body"))
                    connection = connection or backend.take()
                    connection.read_request()
                    connection.send(answer(body=b"whole"))
                    self.assertEqual(client.read_response().body, b"whole")
                    go(client)
            records = gateway.access_log(len(WAYS))
            self.assertEqual([(r["status"], r["error"]) for r in records], [(200, None)] * len(WAYS))

    def test_many_that_come_and_go_leave_nothing_behind(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url)) as gateway:
            for _ in range(5):
                clients = [gateway.client() for _ in range(40)]
                for client in clients:
                    client.send_json(CHAT, {})
                taken = [backend.take_request()[0] for _ in clients]
                for connection in taken[::2]:
                    connection.send(sse_head() + chunk(sse_event("{}")))
                for client in clients[::3]:
                    client.reset()
                for client in clients:
                    client.close()
                for connection in taken:
                    self.assertTrue(connection.wait_closed(SOON))
            self.check_gone(gateway, 200)
            eventually(lambda: gateway.metric("inferway_requests_in_flight") == 0)
            eventually(lambda: gateway.metric("inferway_upstream_connections") == 0)
            eventually(lambda: gateway.metric("inferway_upstream_in_flight") == 0)


class StalledClientTest(unittest.TestCase):
    def test_a_client_that_takes_nothing_for_the_write_timeout_is_dropped(self):
        with HeldBackend() as backend:
            config = one_route(backend.url, threads=1, timeouts={"write": "300ms"})
            with Gateway(config) as gateway, gateway.client(receive_buffer=65536) as client:
                connection = with_bytes_the_client_does_not_take(client, backend)
                self.assertTrue(connection.wait_closed(SOON))
                record = gateway.access_log(1)[0]
                self.assertEqual((record["status"], record["error"]), (499, "client_stalled"))


if __name__ == "__main__":
    main()
