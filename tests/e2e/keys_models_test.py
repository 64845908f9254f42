"""Virtual keys: which models a key may use, by whatever name or way it asks."""

import json

from harness import main
from key_callers import ALL, CHAT, FINE, FORBIDDEN, KeysTestCase, bearer, body, route


class ModelsOfKeysTest(KeysTestCase):
    def test_a_key_may_use_its_models_and_no_others(self):
        self.start(route("any", "/v1/chat/completions", "*"), route("gemini", "/v1beta/*", "*"))
        chat = lambda model: ("POST", "/v1/chat/completions", bearer(CHAT), body(model))  # noqa: E731
        self.check([
            ("glob", chat("chat-1"), FINE),
            ("exact", chat("exact"), FINE),
            ("neither", chat("exactly"), FORBIDDEN),
            ("escaped", ("POST", "/v1/chat/completions", bearer(CHAT), b'{"model":"chat\\u002d1"}'), FINE),
            ("in a path", ("POST", "/v1beta/models/chat-1:generateContent", bearer(CHAT), b"{}"), FINE),
            ("exact in a path", ("POST", "/v1beta/models/exact:generateContent", bearer(CHAT), b"{}"), FINE),
            ("a tag of it in a path", ("POST", "/v1beta/models/exact:latest", bearer(CHAT), b"{}"), FORBIDDEN),
            ("not in a path", ("POST", "/v1beta/models/other:generateContent", bearer(CHAT), b"{}"), FORBIDDEN),
            ("a key for all", ("POST", "/v1/chat/completions", bearer(ALL), body("other")), FINE),
        ])

    def test_the_name_is_the_client_s(self):
        renamed = {"to": [{"backend": "main", "model": "other"}]}
        self.start(route("chat", "/v1/chat", "chat-1", **renamed), route("rest", "/v1/*", **renamed))
        self.check([
            ("renamed", ("POST", "/v1/chat", bearer(CHAT), body("chat-1")), FINE),
            ("renamed without a match", ("POST", "/v1/y", bearer(CHAT), body("chat-2", n=1)), FINE),
            ("already so", ("POST", "/v1/y", bearer(CHAT), body("other")), FORBIDDEN),
        ])
        self.assertEqual([json.loads(got.body) for got in self.backend.wait_requests(2)],
                         [{"model": "other"}, {"model": "other", "n": 1}])

    def test_a_route_that_does_not_ask_for_the_model_is_no_way_around(self):
        self.start()
        form = b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\n%s\r\n--b--\r\n'
        file = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--b--\r\n'
        multipart = [("Content-Type", "multipart/form-data; boundary=b"), *bearer(CHAT)]
        post = lambda data, path="/v1/x": ("POST", path, bearer(CHAT), data)  # noqa: E731
        self.check([
            ("body", post(body("chat-1")), FINE),
            ("another in the body", post(body("other")), FORBIDDEN),
            ("no model in the body", post(body(input_file_id="file-1"), "/v1/batches"), FORBIDDEN),
            ("two models", post(b'{"model":"chat-1","model":"other"}'), (400, "ambiguous_model")),
            ("no JSON", post(b"model=other"), (400, "invalid_json")),
            ("compressed", ("POST", "/v1/x", [*bearer(CHAT), ("Content-Encoding", "gzip")], b"x"), (415, "unsupported_encoding")),
            ("form", ("POST", "/v1/x", multipart, form % b"chat-1"), FINE),
            ("another in the form", ("POST", "/v1/x", multipart, form % b"other"), FORBIDDEN),
            ("an upload", ("POST", "/v1/files", multipart, file), FORBIDDEN),
            ("a body behind GET", ("GET", "/v1/x", bearer(CHAT), body("other")), FORBIDDEN),
            ("query", ("GET", "/v1/x?model=chat-1", bearer(CHAT)), FINE),
            ("another in the query", ("GET", "/v1/x?model=other", bearer(CHAT)), FORBIDDEN),
            ("nothing that could name one", ("GET", "/v1/x", bearer(CHAT)), FINE),
            ("a deletion", ("DELETE", "/v1/files/file-1", bearer(CHAT)), FINE),
            ("a cancellation", ("POST", "/v1/responses/resp_1/cancel", bearer(CHAT)), FINE),
            ("an empty body", ("POST", "/v1/responses/resp_1/cancel", bearer(CHAT), b""), FINE),
            ("a model's own path", ("DELETE", "/v1/models/other", bearer(CHAT)), FORBIDDEN),
            ("its own model's", ("DELETE", "/v1/models/chat%2D1", bearer(CHAT)), FINE),
            ("for a key for all nothing is read", ("POST", "/v1/x", bearer(ALL), b"model=other"), FINE),
        ])
        wants = ["POST /v1/x", "POST /v1/x", "GET /v1/x?model=chat-1", "GET /v1/x", "DELETE /v1/files/file-1",
                 "POST /v1/responses/resp_1/cancel", "POST /v1/responses/resp_1/cancel", "DELETE /v1/models/chat-1", "POST /v1/x"]
        self.assertEqual([f"{got.method} {got.target}" for got in self.backend.wait_requests(len(wants))], wants)
        self.assertEqual(self.backend.requests[0].body, body("chat-1"))

    def test_a_websocket_whose_messages_name_models_is_for_keys_for_all(self):
        self.start()
        upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
                   ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")]
        self.check([
            ("no model", ("GET", "/v1/realtime", [*upgrade, *bearer(CHAT)]), FORBIDDEN),
            ("another", ("GET", "/v1/realtime?model=other", [*upgrade, *bearer(CHAT)]), FORBIDDEN),
            ("messages decide", ("GET", "/v1/responses?model=chat-1", [*upgrade, *bearer(CHAT)]), FORBIDDEN),
        ])
        for path, secret in (("/v1/realtime?model=chat-1", CHAT), ("/v1/responses", ALL)):
            with self.subTest(path):
                self.assertNotIn(self.ask("GET", path, [*upgrade, *bearer(secret)]).status, (401, 403))

    def test_a_refusal_names_key_and_model_in_the_client_s_dialect(self):
        self.start(route("all", "/*"))
        rows = [
            ("/v1/chat/completions", lambda value: (value["error"]["type"], value["error"]["code"], value["error"]["param"]),
             ("permission_error", "model_not_allowed", "model")),
            ("/v1/messages", lambda value: value["error"]["type"], "permission_error"),
            ("/v1beta/models/m:countTokens", lambda value: value["error"]["status"], "PERMISSION_DENIED"),
            ("/api/chat", lambda value: value["error"], "the key 'chat' may not use the model 'm'"),
        ]
        for path, part, want in rows:
            with self.subTest(path):
                response = self.ask("POST", path, bearer(CHAT), body("m"))
                self.assertEqual(response.status, 403)
                self.assertEqual(part(response.json()), want)
        record = self.gateway.access_log(4)[0]
        self.assertEqual((record["key"], record["model"], record["route"], record["backend"]), ("chat", "m", "all", None))


if __name__ == "__main__":
    main()
