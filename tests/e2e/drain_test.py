"""SIGTERM and SIGINT drain: nothing new is taken, what is in flight may end, readiness flips first, status 0."""

import signal
import unittest

from harness import (
    Backend,
    Client,
    ConnectionEnded,
    Gateway,
    answer,
    eventually,
    json_answer,
    main,
    one_route,
    openai_chunk,
    request,
    sse_event,
    sse_head,
)
from held_backend import HeldBackend

CHAT = "/v1/chat/completions"
DONE = b"data: [DONE]\n\n"


def event(text):
    data = sse_event(openai_chunk(text))
    return b"%x\r\n%s\r\n" % (len(data), data)


class DrainTest(unittest.TestCase):
    def start(self, **timeouts):
        self.backend = self.enterContext(HeldBackend())
        self.gateway = self.enterContext(Gateway(one_route(self.backend.url, timeouts=timeouts)))
        return self.gateway

    def stream(self, gateway):
        """A stream that has begun: the client's side and the backend's."""
        client = self.enterContext(gateway.client())
        client.send_json(CHAT, {"model": "m", "stream": True})
        connection, _ = self.backend.take_request()
        connection.send(sse_head() + event("one"))
        return client, client.read_head().read_until(b"one"), connection

    def refuses(self):
        try:
            Client(self.gateway.port).close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:
            pass  # came in the moment in which the listening socket closed; the next one tells
        return False

    def test_a_stream_in_flight_ends_well(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                gateway = self.start()
                client, response, connection = self.stream(gateway)
                gateway.signal(number)
                eventually(lambda: gateway.admin_get("/ready").status == 503, what="readiness flips")
                eventually(self.refuses, what="nothing new is taken")
                connection.send(event("two"))
                response.read_until(b"two")
                self.assertEqual(gateway.admin_get("/live").status, 200, "the admin port answers to the end")
                self.assertEqual(gateway.admin_get("/ready").body, b"draining\n")
                self.assertGreater(gateway.metric("inferway_requests_in_flight"), 0)
                connection.send(b"e\r\n" + DONE + b"\r\n0\r\n\r\n")
                response.finish()
                self.assertTrue(response.complete)
                self.assertTrue(response.body.endswith(DONE))
                self.assertTrue(client.closed_by_peer())
                self.assertEqual(gateway.wait(), 0)
                self.assertEqual([r["status"] for r in gateway.access_log(1)], [200])

    def test_an_idle_gateway_ends_at_once(self):
        gateway = self.start()
        self.assertEqual(gateway.stop(timeout=3), 0)

    def test_resting_connections_are_closed(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway:
            with gateway.client() as used, gateway.client() as unused:
                self.assertEqual(used.get("/").read_response().status, 200)
                gateway.signal(signal.SIGTERM)
                self.assertTrue(used.closed_by_peer())
                self.assertTrue(unused.closed_by_peer())
                self.assertEqual(gateway.wait(timeout=3), 0)

    def test_an_answer_that_begins_while_draining_says_that_the_connection_ends(self):
        gateway = self.start()
        with gateway.client() as client:
            client.get("/")
            connection, _ = self.backend.take_request()
            gateway.signal(signal.SIGTERM)
            eventually(lambda: gateway.admin_get("/ready").status == 503)
            eventually(self.refuses)
            connection.send(json_answer(1))
            response = client.read_response()
            self.assertEqual((response.status, response.header("connection")), (200, "close"))
            self.assertTrue(client.closed_by_peer())
        self.assertEqual(gateway.wait(), 0)

    def test_a_request_under_way_is_still_answered(self):
        gateway = self.start()
        raw = request("POST", "/a", body=b"body")
        with gateway.client() as half_head, gateway.client() as half_body:
            half_head.send(raw[:20])
            half_body.send(raw[:-2])
            connection = self.backend.take()
            gateway.signal(signal.SIGTERM)
            eventually(self.refuses)
            half_body.send(raw[-2:])
            self.assertEqual(connection.read_request().body, b"body")
            connection.send(answer())
            self.assertEqual(half_body.read_response().status, 200)
            half_head.send(raw[20:])
            connection, got = self.backend.take_request()
            self.assertEqual(got.body, b"body")
            connection.send(answer())
            self.assertEqual(half_head.read_response().status, 200)
        self.assertEqual(gateway.wait(), 0)

    def test_a_pipelined_request_is_not_taken_while_draining(self):
        gateway = self.start()
        with gateway.client() as client:
            client.send(request("GET", "/1") + request("GET", "/2"))
            connection, _ = self.backend.take_request()
            gateway.signal(signal.SIGTERM)
            eventually(self.refuses)
            connection.send(answer())
            self.assertEqual(client.read_response().header("connection"), "close")
            self.assertTrue(client.closed_by_peer())
        self.assertEqual(gateway.wait(), 0)
        self.assertEqual([r.target for r in self.backend.requests], ["/1"])

    def cut_streams(self, gateway, response, connection):
        with self.assertRaises(ConnectionEnded):
            response.read_until(b"two")
        self.assertFalse(response.complete, "a cut is never a clean end")
        self.assertTrue(connection.wait_closed(), "the request upstream is cancelled")
        self.assertEqual(gateway.wait(), 0, "also when streams had to be cut")
        self.assertIn(b'"code":"draining"', response.body, "the client is told why")
        record = gateway.access_log(1)[0]
        self.assertEqual((record["status"], record["error"], record["truncated"]), (200, "draining", True))

    def test_a_second_signal_ends_at_once(self):
        for first, second in ((signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM)):
            with self.subTest(first):
                gateway = self.start()
                _, response, connection = self.stream(gateway)
                gateway.signal(first)
                gateway.wait_log("draining")
                gateway.signal(second)
                self.cut_streams(gateway, response, connection)

    def test_streams_longer_than_the_drain_are_cut(self):
        gateway = self.start(drain="300ms")
        _, response, connection = self.stream(gateway)
        gateway.signal(signal.SIGTERM)
        self.cut_streams(gateway, response, connection)

    def test_what_is_not_answered_when_the_drain_ends_is_answered_503(self):
        gateway = self.start(drain="300ms")
        with gateway.client() as waiting, gateway.client() as uploading:
            waiting.get("/")
            self.backend.take_request()
            uploading.send(request("POST", "/u", [("Content-Length", "100")], b"half"))
            self.backend.take()
            gateway.signal(signal.SIGTERM)
            for client in (waiting, uploading):
                response = client.read_response()
                self.assertEqual((response.status, response.header("x-inferway-error")), (503, "draining"))
                self.assertEqual(response.header("connection"), "close")
        self.assertEqual(gateway.wait(), 0)
        self.assertEqual({(r["status"], r["error"]) for r in gateway.access_log(2)}, {(503, "draining")})

    def test_a_client_that_takes_nothing_cannot_hold_up_a_second_signal(self):
        gateway = self.start()
        with gateway.client(receive_buffer=4096) as client:
            client.get("/")
            connection, _ = self.backend.take_request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
            try:
                connection.socket.settimeout(0.3)
                connection.socket.sendall(b"x" * 50_000_000)
            except TimeoutError:
                pass
            gateway.signal(signal.SIGTERM)
            gateway.wait_log("draining")
            gateway.signal(signal.SIGINT)
            self.assertEqual(gateway.wait(timeout=5), 0)

    def test_a_connection_waiting_to_be_accepted_is_not_reset(self):
        for _ in range(5):
            with Backend() as backend, Gateway(one_route(backend.url)) as gateway:
                clients = [self.enterContext(gateway.client()) for _ in range(20)]
                for client in clients:
                    client.send(request("GET", "/", [("Connection", "close")]))
                gateway.signal(signal.SIGTERM)
                for client in clients:
                    self.assertEqual(client.read_response().status, 200)
                    client.close()
                self.assertEqual(gateway.wait(), 0)

    def test_sighup_does_not_end_it(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway:
            gateway.signal(signal.SIGHUP)
            with gateway.client() as client:
                self.assertEqual(client.get("/").read_response().status, 200)
            self.assertEqual(gateway.admin_get("/ready").status, 200)
            self.assertEqual(gateway.stop(), 0)


if __name__ == "__main__":
    main()
