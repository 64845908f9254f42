"""Backends that are not there, too slow, or gone: every timeout, and the answers the gateway makes of it."""

import contextlib
import json
import multiprocessing
import os
import signal
import socket
import threading
import unittest

import secure
from harness import (
    Client,
    ConnectionEnded,
    Gateway,
    answer,
    chunk,
    eventually,
    main,
    one_route,
    request,
    sse_event,
    sse_head,
    unused_port,
)
from held_backend import HeldBackend, black_hole

CHAT = "/v1/chat/completions"


def slow(url, **timeouts):
    return one_route(url, backend={"timeouts": {"connect": "5s", "first_byte": "5s", "idle": "5s", **timeouts}})


class EnvelopeTest(unittest.TestCase):
    def test_a_refused_connection_is_a_502_in_each_dialect(self):
        port = unused_port()
        config = one_route(f"http://127.0.0.1:{port}", backend={"key": "sk-very-secret"})

        def openai(body):
            self.assertEqual(body["error"]["type"], "upstream_error")
            self.assertEqual(body["error"]["code"], "connect_failed")
            self.assertIsNone(body["error"]["param"])
            return body["error"]["message"]

        def anthropic(body):
            self.assertEqual((body["type"], body["error"]["type"]), ("error", "api_error"))
            return body["error"]["message"]

        def gemini(body):
            self.assertEqual((body["error"]["code"], body["error"]["status"]), (502, "UNAVAILABLE"))
            return body["error"]["message"]

        def ollama(body):
            return body["error"]

        rows = {
            CHAT: openai,
            "/v1/embeddings": openai,
            "/v1/messages": anthropic,
            "/v1beta/models/x:generateContent": gemini,
            "/api/chat": ollama,
        }
        with Gateway(config) as gateway, gateway.client() as client:
            for path, message_of in rows.items():
                with self.subTest(path):
                    client.send_json(path, {"model": "m"})
                    response = client.read_response()
                    self.assertEqual((response.status, response.reason), (502, "Bad Gateway"))
                    self.assertEqual(response.header("x-inferway-error"), "connect_failed")
                    self.assertEqual(response.header("content-type"), "application/json")
                    self.assertTrue(response.header("x-request-id"))
                    message = message_of(response.json())
                    self.assertIn("'main'", message)
                    self.assertIn("refused", message)
                    for secret in (str(port), "127.0.0.1", "sk-very-secret"):
                        self.assertNotIn(secret, str(response.raw))
            records = gateway.access_log(len(rows))
            self.assertEqual({(r["status"], r["error"]) for r in records}, {(502, "connect_failed")})
            self.assertNotIn("sk-very-secret", gateway.stderr() + json.dumps(records))


class TimeoutTest(unittest.TestCase):
    def check_504(self, response, code):
        self.assertEqual((response.status, response.header("x-inferway-error")), (504, code), response)
        error = response.json()["error"]
        self.assertEqual((error["type"], error["code"]), ("timeout_error", code))
        self.assertIn("'main'", error["message"])

    def check_failed(self, gateway, code):
        self.assertEqual(gateway.access_log(1)[0]["error"], code)
        self.assertEqual(gateway.metric("inferway_upstream_errors_total", cause=code), 1)
        self.assertEqual(gateway.metric("inferway_upstream_connections"), 0)

    def test_connect(self):
        with black_hole() as url, Gateway(slow(url, connect="250ms")) as gateway, gateway.client() as client:
            self.check_504(client.get("/x").read_response(), "connect_timeout")
            self.check_failed(gateway, "connect_timeout")

    def test_first_byte(self):
        rows = {
            "nothing": b"",
            "half a head": b"HTTP/1.1 200 OK\r\nContent-",
            "an interim answer only": b"HTTP/1.1 103 Early Hints\r\n\r\n",
        }
        for name, sent in rows.items():
            with self.subTest(name), HeldBackend() as backend:
                with Gateway(slow(backend.url, first_byte="250ms")) as gateway, gateway.client() as client:
                    client.send(request("POST", "/x", body=b"body"))
                    connection, _ = backend.take_request()
                    connection.send(sent)
                    self.check_504(client.read_response(), "first_byte_timeout")
                    self.assertTrue(connection.wait_closed(2))
                    self.check_failed(gateway, "first_byte_timeout")

    def test_first_byte_runs_from_the_requests_last_byte(self):
        with HeldBackend() as backend, Gateway(slow(backend.url, first_byte="400ms")) as gateway:
            with gateway.client() as client:
                client.send(request("POST", "/x", [("Content-Length", "4")]))
                connection = backend.take()
                connection.read_head()
                self.assertTrue(client.silent(0.6))  # longer than first_byte: an upload may take its time
                client.send(b"body")
                connection.send(answer(body=b"ok"))
                self.assertEqual(client.read_response().body, b"ok")

    def test_idle_in_an_answer(self):
        with HeldBackend() as backend, Gateway(slow(backend.url, idle="250ms")) as gateway, gateway.client() as client:
            client.get("/x")
            connection, _ = backend.take_request()
            connection.send(answer(headers=[("Content-Length", "10")], body=b"half"))
            response = client.read_response()
            self.assertEqual((response.status, response.body, response.complete), (200, b"half", False))
            self.assertTrue(connection.wait_closed(2))
            self.check_failed(gateway, "idle_timeout")

    def test_idle_in_an_event_stream_is_told_as_an_event(self):
        with HeldBackend() as backend, Gateway(slow(backend.url, idle="250ms")) as gateway, gateway.client() as client:
            client.send_json(CHAT, {})
            connection, _ = backend.take_request()
            connection.send(sse_head() + chunk(sse_event({"n": 1})) + chunk(b'data: {"n": 2'))
            response = client.read_response()
            self.assertFalse(response.complete)
            self.assertEqual(response.body[: len(sse_event({"n": 1}))], sse_event({"n": 1}))
            last = response.body[len(sse_event({"n": 1})) :]
            self.assertTrue(last.startswith(b"data: {") and last.endswith(b"\n\n"), last)
            self.assertEqual(json.loads(last[6:])["error"]["code"], "idle_timeout")
            self.check_failed(gateway, "idle_timeout")

    def test_idle_is_moved_by_each_read(self):
        with HeldBackend() as backend, Gateway(slow(backend.url, idle="500ms")) as gateway, gateway.client() as client:
            client.get("/x")
            connection, _ = backend.take_request()
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            response = client.read_head()
            for piece in (b"a", b"b", b"c", b"d"):
                self.assertTrue(client.silent(0.2))  # together longer than idle
                connection.send(chunk(piece))
                response.read_until(piece)
            connection.send(b"0\r\n\r\n")
            self.assertEqual((response.finish().body, response.complete), (b"abcd", True))

    @unittest.skipIf(secure.ON, "Python's TLS connections are not for two threads at once")
    def test_idle_bounds_a_write_the_backend_does_not_take(self):
        with HeldBackend() as backend, Gateway(slow(backend.url, idle="250ms")) as gateway, gateway.client() as client:
            body = b"b" * 30_000_000  # more than the kernel takes for a backend that reads nothing
            client.send(request("POST", "/x", [("Content-Length", str(len(body)))]))
            connection = backend.take()
            connection.read_head()
            sender = threading.Thread(target=client.try_send, args=(body,))
            sender.start()
            self.check_504(client.read_response(), "idle_timeout")
            client.socket.shutdown(socket.SHUT_RDWR)
            sender.join()
            self.assertTrue(connection.wait_closed(2))
            self.check_failed(gateway, "idle_timeout")

    def test_total_before_and_after_the_head(self):
        with HeldBackend() as backend, Gateway(slow(backend.url, total="300ms")) as gateway:
            with gateway.client() as client:
                client.get("/x")
                connection, _ = backend.take_request()
                self.check_504(client.read_response(), "total_timeout")
                self.assertTrue(connection.wait_closed(2))
            with gateway.client() as client:
                client.send_json(CHAT, {})
                connection, _ = backend.take_request()
                connection.send(sse_head())
                response = client.read_head()
                with contextlib.suppress(OSError):  # the end of it is the gateway's
                    while True:
                        connection.send(chunk(sse_event("{}")))
                        response.read_until(sse_event("{}"))
                        response.body = response.body[-400:]
                        if b"total_timeout" in response.body:
                            break
                with contextlib.suppress(ConnectionEnded):
                    response.read_until(b"total_timeout")
                response.finish()
                self.assertIn(b'"code":"total_timeout"', response.body)
                self.assertFalse(response.complete)

    def test_a_route_overrides_its_backends_timeouts(self):
        with HeldBackend() as backend:
            config = slow(backend.url, first_byte="250ms")
            patient = {"match": {"path": "/patient"}, "to": [{"backend": "main"}], "timeouts": {"first_byte": "5s"}}
            config["routes"].insert(0, patient)
            with Gateway(config) as gateway, gateway.client() as quick, gateway.client() as waiting:
                waiting.get("/patient")
                connection, _ = backend.take_request()
                quick.get("/other")
                self.check_504(quick.read_response(), "first_byte_timeout")
                connection.send(answer(body=b"late"))
                self.assertEqual(waiting.read_response().body, b"late")


def serve_until_killed(ready, port):
    """A model server in a process of its own."""
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    ready.send(listener.getsockname()[1])

    def serve(sock):
        with sock, contextlib.suppress(OSError):
            buffer = b""
            while True:
                while b"\r\n\r\n" not in buffer:
                    data = sock.recv(65536)
                    if not data:
                        return
                    buffer += data
                buffer = buffer.split(b"\r\n\r\n", 1)[1]
                sock.sendall(answer(body=b"v" * 10_000))

    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


class KilledBackendTest(unittest.TestCase):
    def start(self, port=0):
        context = multiprocessing.get_context("fork")
        ready, child = context.Pipe()
        process = context.Process(target=serve_until_killed, args=(child, port), daemon=True)
        process.start()
        self.addCleanup(process.kill)
        return process, ready.recv()

    def test_mid_load_every_request_gets_an_answer_or_an_honest_end_and_it_comes_back(self):
        process, port = self.start()
        outcomes = []
        stop = threading.Event()

        def load(gateway_port):
            while not stop.is_set():
                with Client(gateway_port) as client:
                    try:
                        while not stop.is_set():
                            response = client.get("/x").read_response()
                            good = "whole" if response.complete and response.body == b"v" * 10_000 else "cut"
                            outcomes.append(good if response.status == 200 else response.status)
                            if not response.complete:
                                break
                    except ConnectionEnded:
                        outcomes.append("no answer")

        with Gateway(one_route(f"http://127.0.0.1:{port}")) as gateway:
            threads = [threading.Thread(target=load, args=(gateway.port,)) for _ in range(4)]
            for thread in threads:
                thread.start()
            eventually(lambda: outcomes.count("whole") > 100)
            os.kill(process.pid, signal.SIGKILL)
            eventually(lambda: outcomes.count(502) > 20)
            self.start(port)
            before = outcomes.count("whole")
            eventually(lambda: outcomes.count("whole") > before + 100)
            stop.set()
            for thread in threads:
                thread.join()
            self.assertLessEqual(set(outcomes), {"whole", "cut", 502})
            self.assertLessEqual(outcomes.count("cut"), 4)  # what was under way at that moment
            eventually(lambda: gateway.metric("inferway_upstream_in_flight") == 0)


if __name__ == "__main__":
    main()
