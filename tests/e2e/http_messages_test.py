"""HTTP/1.1 and 1.0 on the client's side: connections that live on, pipelining, requests cut anywhere."""

import threading
import unittest

from harness import (
    Backend,
    ConnectionEnded,
    Gateway,
    answer,
    answering,
    chunked,
    main,
    one_route,
    request,
)


def echo(got):
    """Says what arrived: the target as a field, the body as the body."""
    return answer(200, [("Content-Type", "application/octet-stream"), ("X-Target", got.target)], got.body)


class HttpMessagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(Backend(answering(echo)))
        config = one_route(cls.backend.url)
        config["routes"].insert(
            0, {"match": {"path": "/by-model/*", "model": "m"}, "to": [{"backend": "main"}]}
        )
        cls.gateway = cls.enterClassContext(Gateway(config))

    def setUp(self):
        self.client = self.enterContext(self.gateway.client())

    def gateway_with(self, handler, **options):
        backend = self.enterContext(Backend(handler))
        return backend, self.enterContext(Gateway(one_route(backend.url, **options)))

    def test_a_connection_serves_request_after_request(self):
        for i in range(20):
            with self.subTest(i):
                self.client.send(request("POST", f"/{i}", body=b"x" * i))
                response = self.client.read_response()
                self.assertEqual((response.status, response.header("x-target")), (200, f"/{i}"))
                self.assertEqual(response.body, b"x" * i)
                self.assertIsNone(response.header("connection"))

    def test_connection_close_is_obeyed(self):
        for value in ("close", "Close", "x, close", "keep-alive, close"):
            with self.subTest(value), self.gateway.client() as client:
                response = client.get("/", [("Connection", value)]).read_response()
                self.assertEqual((response.status, response.header("connection")), (200, "close"))
                self.assertTrue(client.closed_by_peer())

    def test_what_follows_a_request_that_closes_is_not_served(self):
        rows = [
            request("GET", "/last", [("Connection", "close")]),
            request("GET", "/last", version="1.0"),
        ]
        for raw in rows:
            with self.subTest(raw), self.gateway.client() as client:
                client.send(raw + request("GET", "/too-late"))
                self.assertEqual(client.read_response().header("x-target"), "/last")
                self.assertTrue(client.closed_by_peer())
        self.assertNotIn("/too-late", [got.target for got in self.backend.requests])

    def test_many_clients_at_once_get_their_own_answers(self):
        wrong = []

        def run(number):
            with self.gateway.client() as client:
                for i in range(30):
                    body = f'{{"model":"m","who":"{number}-{i}"}}'.encode()
                    path = f"/by-model/{number}/{i}" if i % 3 else f"/{number}/{i}"
                    client.send(request("POST", path, body=body))
                    response = client.read_response()
                    if (response.header("x-target"), response.body) != (path, body):
                        wrong.append(response)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
            self.assertFalse(thread.is_alive())
        self.assertEqual(wrong, [])

    def test_http_1_0_closes_unless_asked_to_keep_the_connection(self):
        rows = [
            ("without keep-alive", [], False),
            ("with keep-alive", [("Connection", "keep-alive")], True),
            ("with keep-alive in another case", [("Connection", "Keep-Alive")], True),
            ("with both", [("Connection", "keep-alive, close")], False),
        ]
        for name, headers, kept in rows:
            with self.subTest(name), self.gateway.client() as client:
                client.send(request("POST", "/a", headers, b"body", version="1.0"))
                response = client.read_response()
                self.assertEqual((response.status, response.body), (200, b"body"))
                self.assertEqual(response.header("connection"), "keep-alive" if kept else "close")
                if kept:
                    client.send(request("POST", "/b", headers, b"again", version="1.0"))
                    self.assertEqual(client.read_response().body, b"again")
                else:
                    self.assertTrue(client.closed_by_peer())

    def test_http_1_0_needs_no_host(self):
        self.client.send(b"GET /a HTTP/1.0\r\n\r\n")
        self.assertEqual(self.client.read_response().status, 200)
        self.assertIsNone(self.backend.requests[-1].header("x-forwarded-host"))

    def test_pipelined_requests_are_answered_in_order(self):
        count = 50
        self.client.send(b"".join(request("POST", f"/{i}", body=b"%d" % i) for i in range(count)))
        for i in range(count):
            response = self.client.read_response()
            self.assertEqual((response.header("x-target"), response.body), (f"/{i}", b"%d" % i))

    def test_pipelined_requests_with_all_kinds_of_bodies_are_answered_in_order(self):
        json, coding = b'{"model":"m"}', [("Transfer-Encoding", "chunked")]
        rows = [
            (request("POST", "/by-model/1", body=json), "/by-model/1", json),
            (request("GET", "/2"), "/2", b""),
            (request("POST", "/by-model/3", coding, chunked(json[:5], json[5:])), "/by-model/3", json),
            (request("POST", "/4", coding, chunked(b"a", b"b" * 5000, trailers=b"X: y\r\n")), "/4", b"a" + b"b" * 5000),
            (request("GET", "/no/../5"), "/5", b""),
            (request("POST", "/6", body=b""), "/6", b""),
            (request("POST", "/7", body=b"last"), "/7", b"last"),
        ]
        self.client.send(b"".join(raw for raw, _, _ in rows))
        for _, target, body in rows:
            response = self.client.read_response()
            self.assertEqual((response.status, response.header("x-target"), response.body), (200, target, body))

    def test_a_slow_first_answer_does_not_change_the_order(self):
        release = threading.Event()

        def handle(connection):
            while (got := connection.read_request()) is not None:
                if got.target == "/slow":
                    release.wait(10)
                connection.send(echo(got))

        backend, gateway = self.gateway_with(handle)
        with gateway.client() as client:
            client.send(request("GET", "/slow") + request("GET", "/fast"))
            self.assertTrue(backend.wait_for(lambda: backend.requests))
            self.assertTrue(client.silent(0.1), "an answer before its turn")
            release.set()
            self.assertEqual(client.read_response().header("x-target"), "/slow")
            self.assertEqual(client.read_response().header("x-target"), "/fast")

    def test_errors_keep_their_place_in_a_pipeline(self):
        _, gateway = self.gateway_with(answering(echo), route={"match": {"path": "/a/*"}})
        with gateway.client() as client:
            client.send(request("GET", "/a/1") + request("GET", "/none") + request("GET", "/a/2"))
            self.assertEqual([client.read_response().status for _ in range(3)], [200, 404, 200])

    def test_absolute_form_is_served_like_a_path(self):
        rows = [
            ("http://other.test/a?b=c", "/a?b=c", "other.test"),
            ("http://other.test:81", "/", "other.test:81"),
            ("HTTP://other.test?x", "/?x", "other.test"),
            ("https://other.test/a", "/a", "other.test"),
        ]
        for target, path, host in rows:
            with self.subTest(target):
                self.client.send(request("GET", target, host="gateway.test"))
                self.assertEqual(self.client.read_response().header("x-target"), path)
                self.assertEqual(self.backend.requests[-1].headers_named("host"), [self.backend.authority])
                self.assertEqual(self.backend.requests[-1].header("x-forwarded-host"), host)

    def test_a_valid_request_may_come_byte_by_byte(self):
        rows = [
            request("POST", "/a", body=b"hello"),
            request("POST", "/b", [("Transfer-Encoding", "chunked")], chunked(b"he", b"llo", trailers=b"X: y\r\n")),
            request("POST", "/by-model/c", body=b'{"model":"m"}'),
            b"\r\n" + request("GET", "/d"),
        ]
        wants = [b"hello", b"hello", b'{"model":"m"}', b""]
        for raw, want in zip(rows, wants):
            with self.subTest(raw):
                for i in range(len(raw)):
                    self.client.send(raw[i : i + 1])
                response = self.client.read_response()
                self.assertEqual((response.status, response.body), (200, want))

    def test_the_next_request_may_begin_in_the_packet_of_the_last_one_s_body(self):
        chunks = [("Transfer-Encoding", "chunked")]
        json = b'{"model":"m"}'
        requests = [
            (request("POST", "/length", body=b"one"), b"one"),
            (request("POST", "/chunked", chunks, chunked(b"two", b"three")), b"twothree"),
            (request("POST", "/by-model/length", body=json), json),
            (request("POST", "/by-model/chunked", chunks, chunked(json[:4], json[4:])), json),
            (request("GET", "/nothing"), b""),
        ]
        for first, first_body in requests:
            for second, second_body in requests:
                both = first + second
                for cut in range(1, len(both), 5):
                    # The pieces need not arrive apart; where they do, the cut is where it hurts.
                    self.client.send(both[:cut])
                    self.client.send(both[cut:])
                    for want in (first_body, second_body):
                        response = self.client.read_response()
                        self.assertEqual((response.status, response.body), (200, want), both[:cut])

    def test_errors_are_answered_to_head_without_a_body(self):
        _, gateway = self.gateway_with(answering(echo), route={"match": {"path": "/a"}})
        with gateway.client() as client:
            for _ in range(2):
                response = client.get("/none", method="HEAD").read_response(head_request=True)
                self.assertEqual((response.status, response.header("content-type")), (404, "application/json"))
                self.assertEqual(client.get("/a").read_response().status, 200, "the connection is in step")

    def test_a_large_head_with_many_fields_passes(self):
        fields = [(f"X-Field-{i}", "x" * 480) for i in range(120)]
        response = self.client.get("/a", fields).read_response()
        self.assertEqual(response.status, 200)
        self.assertEqual([f for f in self.backend.requests[-1].headers if f in fields], fields)

    def test_up_to_two_empty_lines_before_a_request_are_skipped(self):
        for lines in (b"\r\n", b"\r\n\r\n"):
            with self.subTest(lines):
                self.client.send(lines + request("GET", "/a"))
                self.assertEqual(self.client.read_response().status, 200)

    def test_a_client_that_only_looks_gets_no_answer(self):
        with self.gateway.client() as client:
            client.half_close()
            with self.assertRaises(ConnectionEnded) as ended:
                client.read_response()
            self.assertEqual(ended.exception.partial, b"")


if __name__ == "__main__":
    main()
