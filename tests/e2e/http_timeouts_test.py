"""Every timeout on the client's side has its answer."""

import threading
import unittest

from harness import Backend, ConnectionEnded, Gateway, chunk, eventually, main, one_route, request

CODING = [("Transfer-Encoding", "chunked")]


def answers_within(client, drip, seconds=5.0):
    """Sends a piece each 50 ms until an answer comes; AssertionError when none does."""
    for piece in drip:
        if not client.silent(0.05):
            return client.read_response()
        if not client.try_send(piece):
            return client.read_response()
        seconds -= 0.05
        if seconds <= 0:
            break
    raise AssertionError("no answer while bytes drip in")


def forever(piece):
    while True:
        yield piece


class HeaderTimeoutTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(Backend())
        config = one_route(cls.backend.url, timeouts={"header": "300ms"})
        cls.gateway = cls.enterClassContext(Gateway(config))

    def timed_out(self, response, client):
        self.assertEqual((response.status, response.header("x-inferway-error")), (408, "request_timeout"), response)
        self.assertEqual(response.header("connection"), "close")
        self.assertEqual(response.json()["error"]["code"], "request_timeout")
        self.assertTrue(client.closed_by_peer())

    def test_a_head_that_stops_is_answered_408(self):
        for raw in (b"G", b"GET / HTTP/1.1\r\n", request("GET", "/")[:-1]):
            with self.subTest(raw), self.gateway.client() as client:
                self.timed_out(client.send(raw).read_response(), client)

    def test_a_head_that_drips_is_answered_408(self):
        with self.gateway.client() as client:
            client.send(b"GET / HTTP/1.1\r\nX-Drip: ")
            self.timed_out(answers_within(client, forever(b"x")), client)

    def test_a_second_head_that_stops_is_answered_408_in_full_whatever_came_before(self):
        for first in (request("GET", "/"), request("HEAD", "/"),
                      request("GET", "/", [("Connection", "keep-alive")], version="1.0")):
            with self.subTest(first), self.gateway.client() as client:
                client.send(first).read_response(head_request=first.startswith(b"HEAD"))
                self.timed_out(client.send(b"GET / HT").read_response(), client)

    def test_an_empty_line_behind_a_body_is_no_request(self):
        with self.gateway.client() as client:
            client.send(request("POST", "/", body=b"x") + b"\r\n")
            self.assertEqual(client.read_response().status, 200)
            self.assertTrue(client.silent(0.5), "it rests, as timeouts.keep_alive allows")
            self.assertEqual(client.get("/").read_response().status, 200)

    def test_a_pipelined_head_that_stops_is_answered_408(self):
        with self.gateway.client() as client:
            client.send(request("GET", "/") + b"GET / HT")
            self.assertEqual(client.read_response().status, 200)
            self.timed_out(client.read_response(), client)

    def test_a_connection_on_which_nothing_is_asked_is_closed_without_an_answer(self):
        with self.gateway.client() as client:
            self.assertTrue(client.closed_by_peer())

    def test_the_metrics_count_it(self):
        before = self.gateway.metric("inferway_head_timeouts_total")
        with self.gateway.client() as client:
            self.timed_out(client.send(b"GET").read_response(), client)
        self.assertEqual(self.gateway.metric("inferway_head_timeouts_total"), before + 1)


class OtherTimeoutsTest(unittest.TestCase):
    def gateway(self, handler=None, **timeouts):
        self.backend = self.enterContext(Backend(handler))
        config = one_route(self.backend.url, timeouts=timeouts)
        config["routes"].insert(0, {"match": {"path": "/chat", "model": "m"}, "to": [{"backend": "main"}]})
        return self.enterContext(Gateway(config))

    def test_what_came_before_shows_neither_in_the_answer_nor_in_the_log(self):
        gateway = self.gateway(header="300ms")
        with gateway.client() as client:
            client.send(request("GET", "/v1/messages/secret")).read_response()
            response = client.send(b"G").read_response()
            self.assertEqual((response.status, response.json()["error"]["code"]), (408, "request_timeout"))
        record = gateway.access_log(2)[-1]
        self.assertEqual((record["status"], record["method"], record["path"]), (408, "", ""))

    def test_a_body_that_stops_is_answered_408(self):
        gateway = self.gateway(body="300ms")
        length = [("Content-Length", "100")]
        rows = {
            "before its first byte": (length, b""),
            "in the middle": (length, b'{"model"'),
            "in a chunk": (CODING, b"10\r\n{"),
            "in a chunk's size": (CODING, b"1"),
            "between chunks": (CODING, chunk(b"{")),
            "before the last line": (CODING, chunk(b"{}") + b"0\r\n"),
        }
        for name, (headers, body) in rows.items():
            for path in ("/chat", "/streamed"):
                with self.subTest(name, path=path), gateway.client() as client:
                    client.send(request("POST", path, headers) + body)
                    response = client.read_response()
                    self.assertEqual((response.status, response.header("x-inferway-error")), (408, "request_timeout"))
                    self.assertEqual(response.header("connection"), "close")
                    self.assertTrue(client.closed_by_peer())
        self.assertTrue(self.backend.wait_for(lambda: self.backend.open == 0), "a connection upstream was kept")
        self.assertFalse([r for r in self.backend.requests if r.whole], "a whole request went upstream")

    def test_a_body_that_keeps_coming_has_time(self):
        gateway = self.gateway(body="300ms")
        body = b'{"model":"m"}'
        with gateway.client() as client:
            client.send(request("POST", "/chat", [("Content-Length", str(len(body)))]))
            for i in range(len(body)):
                self.assertTrue(client.silent(0.05), "cut although bytes keep coming")
                client.send(body[i : i + 1])
            self.assertEqual(client.read_response().status, 200)

    def test_a_connection_that_rests_too_long_is_closed_without_an_answer(self):
        gateway = self.gateway(keep_alive="300ms", header="10s")
        with gateway.client() as client:
            self.assertEqual(client.get("/").read_response().status, 200)
            self.assertTrue(client.silent(0.1))
            self.assertEqual(client.get("/").read_response().status, 200, "it rested, but not too long")
            self.assertTrue(client.closed_by_peer())

    def test_a_head_under_way_is_not_cut_by_keep_alive(self):
        gateway = self.gateway(keep_alive="200ms", header="10s")
        with gateway.client() as client:
            self.assertEqual(client.get("/").read_response().status, 200)
            client.send(b"GET / HTTP/1.1\r\n")
            self.assertTrue(client.silent(0.4))
            self.assertEqual(client.send(b"Host: a\r\n\r\n").read_response().status, 200)

    def test_a_client_that_takes_nothing_is_dropped(self):
        sent_all = threading.Event()

        def flood(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            connection.send(b"x" * 100_000_000)
            sent_all.set()

        gateway = self.gateway(flood, write="300ms")
        with gateway.client(receive_buffer=4096) as client:
            client.get("/")
            record = gateway.access_log(1)[0]
            self.assertEqual((record["status"], record["error"]), (499, "client_stalled"))
            self.assertTrue(self.backend.wait_for(lambda: self.backend.open == 0), "the upstream connection lives on")
            self.assertFalse(sent_all.is_set())
            self.assertEqual(gateway.metric("inferway_write_timeouts_total"), 1)
            with self.assertRaises(ConnectionEnded):
                client.read_head().read_until(b"an end that never comes")

    def test_a_client_that_takes_little_is_not_dropped(self):
        size = 3_000_000

        def flood(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)

        gateway = self.gateway(flood, write="500ms")
        with gateway.client(receive_buffer=65536) as client:
            response = client.get("/").read_head()
            pause = threading.Event()
            while len(response.body) < size and response.read_some():
                if len(response.body) < size // 2:
                    pause.wait(0.01)  # a slow reader, which is what this is about
            self.assertTrue(response.complete)
        eventually(lambda: gateway.access_log(1)[0]["status"] == 200)


if __name__ == "__main__":
    main()
