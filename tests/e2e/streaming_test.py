"""Answers are relayed as they arrive, byte for byte, whatever they are made of."""

import gzip
import random
import threading
import unittest

from waiting import eventually
from harness import (
    Backend,
    Client,
    ConnectionEnded,
    Gateway,
    answer,
    chunk,
    close_delimited_answer,
    main,
    one_route,
    openai_chunk,
    request,
    sse_answer,
    sse_event,
    sse_head,
)
from held_backend import HeldBackend

CHAT = "/v1/chat/completions"
DONE = sse_event("[DONE]")
NOISE = random.Random(5).randbytes(60_000)


def head(content_type, *fields):
    return "\r\n".join(["HTTP/1.1 200 OK", f"Content-Type: {content_type}", *fields, "", ""]).encode()


def one_thread(backend):
    return Gateway(one_route(backend.url, threads=1))


def chat_events(count):
    return [sse_event(openai_chunk(f"tok{n} ")) for n in range(count)] + [DONE]


# name: (path, content type, the pieces as the backend sends them)
BODIES = {
    "chat events": (CHAT, "text/event-stream", chat_events(20)),
    "events with CRLF": (
        CHAT,
        "text/event-stream; charset=utf-8",
        [b'data: {"n":1}\r\n\r\n'] * 9 + [b"data: [DONE]\r\n\r\n"],
    ),
    "events with comments": (CHAT, "text/event-stream", [b": ping\n\n", b"data:{}\n\n", b":\n\n", b"data:[DONE]\n\n"]),
    "events of no known API": ("/x", "text/event-stream", [b"id: %d\ndata: x\ndata: y\n\n" % n for n in range(10)]),
    "lines": ("/api/chat", "application/x-ndjson", [b'{"n":%d}\n' % n for n in range(10)] + [b'{"done":true}\n']),
    "text": ("/x", "text/plain", [b"one", b"two ", b"\n", b"three"]),
    "json in pieces": ("/x", "application/json", [b"[{", b'"a":', b"1}", b"]"]),
    "binary": ("/x", "application/octet-stream", [NOISE[i : i + 3001] for i in range(0, len(NOISE), 3001)]),
    "compressed events": (
        CHAT,
        "text/event-stream\r\nContent-Encoding: gzip",
        [gzip.compress(b"data: x\n\n"), NOISE[:99]],
    ),
}


class AsItComesTest(unittest.TestCase):
    def relay(self, client, backend, body, framing):
        """The backend sends a piece only when the client has seen the one before."""
        path, content_type, pieces = body
        client.send_json(path, {})
        connection, _ = backend.take_request()
        whole = b"".join(pieces)
        fields = {"chunked": ["Transfer-Encoding: chunked"], "length": [f"Content-Length: {len(whole)}"], "close": []}
        connection.send(head(content_type, *fields[framing]))
        response = client.read_head()  # before any of the body
        seen = b""
        for piece in pieces:
            connection.send(chunk(piece) if framing == "chunked" else piece)
            seen += piece
            while len(response.body) < len(seen):
                self.assertTrue(response.read_some(), "the answer ended early")
            self.assertEqual(bytes(response.body), seen)
        if framing == "chunked":
            connection.send(b"0\r\n\r\n")
        if framing == "close":
            connection.close()
        response.finish()
        self.assertEqual((response.body, response.complete), (whole, True))
        return response

    def test_each_piece_arrives_before_the_next_is_sent(self):
        for name, body in BODIES.items():
            for framing in ("chunked", "length", "close"):
                with self.subTest(name, framing=framing), HeldBackend() as backend:
                    with Gateway(one_route(backend.url, threads=1)) as gateway, gateway.client() as client:
                        response = self.relay(client, backend, body, framing)
                        self.assertEqual(response.header("content-type"), body[1].split("\r\n")[0])
                        events = name != "compressed events" and "event-stream" in body[1]
                        self.assertEqual(response.header("x-accel-buffering"), "no" if events else None)
                        if framing == "close":
                            self.assertEqual(response.header("transfer-encoding"), "chunked")
                        record = gateway.access_log(1)[0]
                        self.assertEqual((record["status"], record["error"]), (200, None))
                        self.assertEqual(record["bytes_out"], len(response.body))

    def test_one_chunk_for_each_event_stays_one_chunk(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            response = self.relay(client, backend, BODIES["chat events"], "chunked")
            self.assertEqual(response.chunks, BODIES["chat events"][2])

    def test_the_backends_own_word_on_buffering_stands(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            def stream(connection):
                connection.read_request()
                connection.send(sse_answer([DONE], headers=[("X-Accel-Buffering", "yes"), ("X-Request-Id", "theirs")]))

            backend.handler = stream
            response = client.get(CHAT).read_response()
            self.assertEqual(response.headers_named("x-accel-buffering"), ["yes"])
            self.assertEqual(response.headers_named("x-request-id"), ["theirs"])

    def test_events_cut_anywhere_by_reads_and_chunks_arrive_whole(self):
        whole = b"".join(chat_events(3))
        with HeldBackend() as backend, one_thread(backend) as gateway, gateway.client() as client:
            connection = None
            for size in list(range(1, 40)) + [len(whole) - 1]:
                client.send_json(CHAT, {})
                connection = connection or backend.take()
                connection.read_request()
                connection.send(sse_head())
                for at in range(0, len(whole), size):
                    connection.send(chunk(whole[at : at + size]))
                connection.send(b"0\r\n\r\n")
                response = client.read_response()
                self.assertEqual((response.body, response.complete), (whole, True), size)

    def test_large_events_pass(self):
        big = sse_event("x" * 200_000)
        whole = chat_events(1)[0] + big + sse_event("y" * 66_000) + chat_events(1)[0] + DONE
        with HeldBackend() as backend, one_thread(backend) as gateway, gateway.client() as client:
            connection = None
            for size in (100, 4096, 65_536, len(whole)):
                client.send_json(CHAT, {})
                connection = connection or backend.take()
                connection.read_request()
                connection.send(sse_head() + b"".join(chunk(whole[i : i + size]) for i in range(0, len(whole), size)))
                connection.send(b"0\r\n\r\n")
                response = client.read_response()
                self.assertEqual((response.body, response.complete), (whole, True), size)

    def test_a_head_request_for_a_stream_has_no_body(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            client.get(CHAT, method="HEAD")
            connection, _ = backend.take_request()
            connection.send(sse_head())
            self.assertTrue(client.read_response(head_request=True).complete)
            client.get("/next")
            connection.read_request()
            connection.send(answer(body=b"next"))
            self.assertEqual(client.read_response().body, b"next")


class MemoryTest(unittest.TestCase):
    def test_a_request_body_is_not_held_while_its_answer_streams(self):
        with HeldBackend() as backend:
            config = one_route(backend.url, route={"match": {"path": CHAT, "model": "m"}})
            with Gateway(config) as gateway, gateway.client() as client:
                client.send(request("POST", CHAT, body=b'{"model":"m","x":"%s"}' % (b"y" * 2_000_000)))
                connection, _ = backend.take_request()
                self.assertGreaterEqual(gateway.metric("inferway_buffered_bytes"), 2_000_000)
                connection.send(sse_head() + chunk(sse_event("{}")))
                response = client.read_head().read_until(b"{}\n\n")
                eventually(lambda: gateway.metric("inferway_buffered_bytes") == 0)
                connection.send(chunk(DONE) + b"0\r\n\r\n")
                self.assertTrue(response.finish().complete)
                client.send_json(CHAT, {"model": "m"})  # and both connections are as good as before
                self.assertIsNotNone(connection.read_request())
                connection.send(answer(body=b"next"))
                self.assertEqual(client.read_response().body, b"next")


class OldClientTest(unittest.TestCase):
    """HTTP/1.0 knows no chunks: the connection's end is the body's."""

    def ask(self, client, path=CHAT, headers=()):
        client.send(request("GET", path, headers, version="1.0"))

    def test_gets_a_stream_without_chunks(self):
        for framing in (True, False):
            with self.subTest(chunked=framing), HeldBackend() as backend, Gateway(one_route(backend.url)) as gateway:
                with gateway.client() as client:
                    self.ask(client, headers=[("Connection", "keep-alive")])
                    connection, _ = backend.take_request()
                    connection.send(sse_answer(chat_events(5), framing))
                    if not framing:
                        connection.close()
                    response = client.read_response()
                    self.assertIsNone(response.header("transfer-encoding"))
                    self.assertEqual(response.header("connection"), "close")
                    self.assertEqual((response.body, response.complete), (b"".join(chat_events(5)), True))

    def test_keeps_its_connection_where_the_length_is_known(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            for _ in range(3):
                self.ask(client, "/x", [("Connection", "keep-alive")])
                response = client.read_response()
                self.assertEqual((response.json(), response.header("connection")), ({"ok": True}, "keep-alive"))

    def test_can_tell_a_cut_by_a_reset(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            self.ask(client)
            connection, _ = backend.take_request()
            connection.send(sse_head() + chunk(sse_event("{}")))
            response = client.read_head().read_until(b"{}\n\n")
            connection.close()
            with self.assertRaises(ConnectionEnded):
                response.read_until(b"never")
            self.assertTrue(response.reset)
            self.assertIn(b'"code":"upstream_closed"', response.body)


class CleanEndTest(unittest.TestCase):
    def test_a_close_delimited_answer_is_chunked_and_ends_well(self):
        def close_after(connection):
            connection.read_request()
            connection.send(close_delimited_answer(b"whole", "text/plain"))

        with Backend(close_after) as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            for _ in range(3):  # the client's connection lives on
                response = client.get("/x").read_response()
                self.assertEqual((response.body, response.complete), (b"whole", True))
                self.assertEqual(response.header("transfer-encoding"), "chunked")

    def test_an_error_answer_that_is_a_stream_needs_no_terminal_event(self):
        sent = b"HTTP/1.1 429 Too Many\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\ndata: x\n\n"
        with HeldBackend() as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            client.send_json(CHAT, {})
            connection, _ = backend.take_request()
            connection.send(sent)
            response = client.read_response()
            self.assertEqual((response.status, response.body, response.complete), (429, b"data: x\n\n", True))


class ParallelTest(unittest.TestCase):
    def test_a_hundred_streams_at_once_each_get_their_own(self):
        def events_of(name):
            return [sse_event(openai_chunk(f"{name}-{n}-" + "x" * (n * 13))) for n in range(30)] + [DONE]

        def stream(connection):
            while (asked := connection.read_request()) is not None:
                connection.send(sse_head())
                for event in events_of(asked.header("x-name")):
                    connection.send(chunk(event))
                connection.send(b"0\r\n\r\n")

        wrong = []

        def watch(port, name):
            with Client(port) as client:
                for turn in range(3):
                    client.send_json(CHAT, {}, [("X-Name", f"{name}.{turn}")])
                    response = client.read_response(timeout=60)
                    if not response.complete or response.body != b"".join(events_of(f"{name}.{turn}")):
                        wrong.append(response)

        with Backend(stream) as backend, Gateway(one_route(backend.url)) as gateway:
            threads = [threading.Thread(target=watch, args=(gateway.port, f"s{n}")) for n in range(100)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(wrong, [])
            eventually(lambda: gateway.metric("inferway_requests_in_flight") == 0)
            self.assertEqual(len(gateway.access_log(300)), 300)


if __name__ == "__main__":
    main()
