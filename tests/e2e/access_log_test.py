"""The access log: one JSON object a line a request, and exactly one for each request that was read."""

import re
import signal
import unittest

from harness import Backend, Gateway, answering, eventually, json_answer, main, one_route, openai_chunk, request, sse_answer
from held_backend import HeldBackend

KEYS = {
    "time", "method", "path", "route", "backend", "model", "key", "status", "attempts", "error", "failures", "detail", "duration_ms",
    "first_byte_ms", "bytes_in", "bytes_out", "stream", "truncated", "client", "request_id",
}


class AccessLogTest(unittest.TestCase):
    def test_a_record_has_all_keys(self):
        with Backend() as backend:
            route = {"match": {"path": "/v1/*", "model": "m"}}
            with Gateway(one_route(backend.url, route=route)) as gateway, gateway.client() as client:
                body = b'{"model":"m"}'
                client.send(request("POST", "/v1/chat?key=secret", [("X-Request-Id", "id-1")], body)).read_response()
                record = gateway.access_log(1)[0]
        self.assertEqual(set(record), KEYS)
        self.assertRegex(record["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        wants = {
            "method": "POST", "path": "/v1/chat", "route": "all", "backend": "main", "model": "m", "key": None, "status": 200,
            "attempts": 1, "error": None, "detail": None, "bytes_in": len(body), "bytes_out": 12, "stream": False,
            "truncated": False, "client": "127.0.0.1", "request_id": "id-1",
        }
        self.assertEqual({key: record[key] for key in wants}, wants)
        self.assertGreater(record["first_byte_ms"], 0)
        self.assertGreaterEqual(record["duration_ms"], record["first_byte_ms"])

    def test_every_outcome_is_recorded_once(self):
        with Backend() as backend, Gateway(
            one_route(backend.url, path="/routed/*", threads=1)
        ) as gateway:
            rows = [
                (request("GET", "/routed/a"), 200, None),
                (request("GET", "/none"), 404, "route_not_found"),
                (request("GET", "/%zz"), 400, "bad_request"),
                (b"GET / HTTP/1.1\r\n\r\n", 400, "bad_request"),
                (request("CONNECT", "a:443"), 405, "method_not_allowed"),
                (request("POST", "/routed/a", [("Content-Length", "99999999")]), 413, "body_too_large"),
                (request("POST", "/routed/a", [("Transfer-Encoding", "chunked")], b"x"), 400, "bad_request"),
            ]
            for raw, _, _ in rows:
                with gateway.client() as client:
                    client.send(raw).read_response()
            gateway.stop()
            records = gateway.access_log(len(rows))
            self.assertEqual([(r["status"], r["error"]) for r in records], [(s, e) for _, s, e in rows])

    def test_nothing_is_recorded_where_nothing_was_asked(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway:
            gateway.client().close()
            with gateway.client() as client:
                client.get("/").read_response()
            gateway.admin_get("/live")
            gateway.stop()
            self.assertEqual(len(gateway.access_log(1)), 1)

    def test_a_client_that_left_is_recorded_as_499(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url)) as gateway:
            with gateway.client() as client:
                client.get("/")
                connection, _ = backend.take_request()
            self.assertTrue(connection.wait_closed())
            record = gateway.access_log(1)[0]
            self.assertEqual((record["status"], record["error"], record["attempts"]), (499, "client_gone", 1))
            with gateway.client() as client:
                client.send(request("POST", "/", [("Content-Length", "10")]) + b"x")
                backend.take()
            record = gateway.access_log(2)[1]
            self.assertEqual((record["status"], record["error"]), (499, "client_gone"))

    def test_a_stream_is_recorded_as_one(self):
        events = [openai_chunk("a"), openai_chunk("b", "stop"), "[DONE]"]
        with Backend(answering(sse_answer(events))) as backend, Gateway(one_route(backend.url)) as gateway:
            with gateway.client() as client:
                response = client.send_json("/v1/chat/completions", {"stream": True}).read_response()
            record = gateway.access_log(1)[0]
            self.assertEqual((record["stream"], record["bytes_out"]), (True, len(response.body)))

    def test_no_key_and_no_prompt_reaches_any_log(self):
        secrets = ["client-key", "query-key", "provider-key", "prompt-text", "cookie-value", "answer-text"]
        with Backend(answering(json_answer("answer-text"), json_answer("answer-text", 500))) as backend:
            config = one_route(backend.url, backend={"key": "provider-key"}, path="/v1beta/*")
            with Gateway(config | {"log": {"level": "trace"}}) as gateway:
                fields = [("Authorization", "Bearer client-key"), ("x-goog-api-key", "client-key"), ("Cookie", "cookie-value")]
                for path in ("/v1beta/models/m:generateContent?key=query-key", "/v1beta/x?api_key=query-key", "/none?key=query-key"):
                    with gateway.client() as client:
                        client.send(request("POST", path, fields, b'{"model":"m","x":"prompt-text"}')).read_response()
                    with gateway.client() as client:
                        client.send(request("POST", path, fields, b'{"model":"m" "prompt-text"')).read_response()
                with gateway.client() as client:
                    client.send(request("GET", "/?key=query-key", [*fields, ("Bad Field", "client-key")])).read_response()
                gateway.stop()
                text = gateway.access_log_path.read_text() + gateway.stderr()
                self.assertEqual([secret for secret in secrets if secret in text], [])

    def test_a_line_cannot_be_broken_by_what_a_client_sends(self):
        with Backend() as backend, Gateway(one_route(backend.url, threads=1)) as gateway, gateway.client() as client:
            for path in ("/a%0A%22%7D%5C", "/" + "b" * 1000, "/%C3%A9%FF"):
                client.send(request("GET", path, [("X-Request-Id", 'a"b')])).read_response()
            with gateway.client() as broken:
                broken.send(b'GET /"\\\x01\xff" HTTP/1.1\r\nHost: a\r\n\r\n').read_response()
            records = gateway.access_log(4)
            self.assertEqual([r["path"] for r in records][:3], ["/a%0A%22%7D%5C", "/" + "b" * 199, "/%C3%A9%FF"])

    def test_sigusr1_opens_the_file_anew(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            client.get("/before").read_response()
            gateway.access_log(1)
            old = gateway.directory / "access.log.1"
            gateway.access_log_path.rename(old)
            gateway.signal(signal.SIGUSR1)
            eventually(gateway.access_log_path.exists, what="the file is made anew")
            client.get("/after").read_response()
            self.assertEqual([r["path"] for r in gateway.access_log(1)], ["/after"])
            self.assertEqual([r["path"] for r in gateway.access_log(1, old)], ["/before"])

    def test_it_may_go_to_stdout(self):
        with Backend() as backend, Gateway(one_route(backend.url, log={"access": "stdout"})) as gateway:
            with gateway.client() as client:
                client.get("/a").read_response()
            record = gateway.access_log(1, gateway.stdout_path)[0]
            self.assertEqual((record["path"], record["status"]), ("/a", 200))

    def test_it_may_be_off(self):
        with Backend() as backend, Gateway(one_route(backend.url, log={"access": "off"})) as gateway:
            with gateway.client() as client:
                self.assertEqual(client.get("/a").read_response().status, 200)
            self.assertEqual(gateway.stop(), 0)
            self.assertEqual(gateway.stdout_path.read_bytes(), b"")

    def test_text_is_one_line_a_request_too(self):
        with Backend() as backend, Gateway(one_route(backend.url, log={"format": "text"})) as gateway:
            with gateway.client() as client:
                client.get("/a?key=secret").read_response()
                client.get("/b").read_response()
            gateway.stop()
            lines = gateway.access_log_path.read_text().splitlines()
            self.assertEqual([re.findall(r" GET (\S+) 200 ", line) for line in lines], [["/a"], ["/b"]])

    def test_all_is_written_at_exit(self):
        count = 3000
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway:
            with gateway.client() as client:
                client.send(request("GET", "/") * count)
                for _ in range(count):
                    self.assertEqual(client.read_response().status, 200)
            self.assertEqual(gateway.stop(), 0)
            self.assertEqual(len(gateway.access_log()), count)


if __name__ == "__main__":
    main()
