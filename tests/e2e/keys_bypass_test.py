"""Ways around a key's list of models, and ways for a key to get upstream: none of them leads there."""

import key_callers
from harness import main, request
from key_callers import ALL, CHAT, FINE, FORBIDDEN, LIMITED, bearer, body, key, route


class ModelListTest(key_callers.KeysTestCase):
    def outcome(self, method, path, data=None, headers=()):
        response = self.ask(method, path, [*bearer(CHAT), *headers], data)
        return response.status, response.header("x-inferway-error")

    def test_a_model_named_twice_has_to_be_allowed_twice(self):
        self.start(route("all", "/*"))
        rows = (
            ("GET", "/v1/models/forbidden?model=chat-1", None),
            ("DELETE", "/v1/models/forbidden?model=chat-1", None),
            ("HEAD", "/v1/models/forbidden?model=exact", None),
            ("DELETE", "/v1/models/forbidden", body("chat-1")),
            ("POST", "/v1/models/forbidden%3AgenerateContent", body("chat-1")),
            ("GET", "/v1/models%2Fforbidden", None),
            ("DELETE", "/v1/models%2fforbidden", None),
            ("POST", "/v1beta/models%2Fforbidden:generateContent", body("chat-1")),
            ("POST", "/v1/batches", body("chat-1")),
            ("POST", "/v1/files", body("chat-1")),
            ("POST", "/v1beta/tunedModels/forbidden:generateContent", body("chat-1")),
        )
        for method, path, data in rows:
            with self.subTest(method=method, path=path):
                self.assertEqual(self.outcome(method, path, data), FORBIDDEN)
        self.assertEqual(self.backend.requests, [])
        self.assertEqual(self.outcome("GET", "/v1/models/chat-1?model=exact"), FINE)
        self.assertEqual(self.outcome("POST", "/v1beta/models/chat-1:generateContent", body()), FINE)

    def test_what_a_route_rewrites_counts_as_it_is_rewritten(self):
        self.start(route("google", "/google/*", rewrite="/{path}"))
        forbidden = "/google/v1beta/models/forbidden:generateContent"
        self.assertEqual(self.outcome("POST", forbidden, body("chat-1")), FORBIDDEN)
        self.assertEqual(self.outcome("DELETE", "/google/v1/models/forbidden"), FORBIDDEN)
        self.assertEqual(self.outcome("POST", "/google/v1beta/models/chat-1:generateContent", body()), FINE)

    def test_an_anthropic_or_gemini_caller_below_a_prefix_is_told_in_its_own_dialect(self):
        self.start(route("any", "/p/*"))
        response = self.ask("POST", "/p/v1/messages", [("anthropic-version", "2023-06-01")], body("m"))
        self.assertEqual((response.status, response.json()["type"]), (401, "error"))
        response = self.ask("POST", "/p/v1beta/models/m:generateContent", [("x-goog-api-key", "sk-unknown-00")], body())
        self.assertEqual((response.status, response.json()["error"]["status"]), (401, "UNAUTHENTICATED"))
        response = self.ask("POST", "/p/v1/chat/completions", [("anthropic-version", "2023-06-01")], body("m"))
        self.assertEqual(response.json()["error"]["code"], "missing_api_key")


class UpstreamTest(key_callers.KeysTestCase):
    PASSING = {"pass_headers": ["Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "Api-Key"]}

    def test_no_place_takes_a_key_upstream(self):
        self.start(route("all", "/*"), backend=self.PASSING)
        rows = (
            ("/v1/x", [("X-Api-Key", ALL), ("Authorization", f"Token {ALL}")]),
            ("/v1/x", [("X-Api-Key", ALL), ("Authorization", f"ApiKey  {CHAT}")]),
            ("/v1/x", [("X-Api-Key", ALL), ("Proxy-Authorization", f"Token {ALL}")]),
            ("/v1/x", [("X-Api-Key", ALL), ("Cookie", f"a=b; key={ALL}; c=d")]),
            ("/v1/x", [("X-Api-Key", ALL), ("Cookie", f"key={CHAT}")]),
            ("/v1/x", [*bearer(ALL), ("X_Api_Key", ALL)]),
            ("/v1/x", [*bearer(ALL), ("X-Anything", f"the key is {ALL}!")]),
            ("/v1/x", [*bearer(ALL), ("X-Request-Id", ALL)]),
            (f"/v1/x?a=1&key={ALL}&b=2", bearer(ALL)),
            (f"/v1/x?api-key={ALL}", bearer(ALL)),
            (f"/v1/x?k%65y={CHAT}", bearer(ALL)),
            (f"/v1/x?token={ALL.replace('-', '%2d')}", bearer(ALL)),
        )
        for path, headers in rows:
            with self.subTest(path=path, headers=headers):
                response = self.ask("GET", path, headers)
                self.assertEqual(response.status, 200)
                sent = bytes(self.backend.requests[-1].raw)
                for secret in (ALL, CHAT):
                    self.assertNotIn(secret.encode(), sent.replace(b"%2d", b"-"))
        self.ask("GET", f"/v1/x?a=1&key={ALL}&b=%20", bearer(ALL))
        self.assertEqual(self.backend.requests[-1].target, "/v1/x?a=1&b=%20")

    def test_a_caller_s_own_provider_key_passes_where_it_may(self):
        self.start(route("all", "/*"), backend=self.PASSING)
        self.ask("GET", "/v1/x?key=theirs", [("X-Api-Key", ALL), ("Api-Key", "theirs"), ("Cookie", "a=b")])
        sent = self.backend.requests[-1]
        self.assertEqual((sent.header("api-key"), sent.header("cookie")), ("theirs", "a=b"))
        self.assertEqual(sent.target, "/v1/x?key=theirs")

    def test_a_key_in_the_query_of_a_rewritten_gemini_path_is_dropped(self):
        self.start(route("google", "/google/*", rewrite="/{path}"), required=False, keys=[key("all", ALL)])
        self.ask("POST", "/google/v1beta/models/m:generateContent?key=theirs&alt=sse", data=body())
        self.assertEqual(self.backend.requests[-1].target, "/v1beta/models/m:generateContent?alt=sse")


class CountTest(key_callers.KeysTestCase):
    def test_what_is_answered_400_costs_nothing(self):
        renaming = {"to": [{"backend": "main", "model": "other"}]}
        self.start(route("all", "/v1/x", **renaming), keys=[key("few", ALL, rpm=2)])
        with self.gateway.client() as client:
            for _ in range(4):
                client.send(request("POST", "/v1/x", bearer(ALL), b"{"))
                self.assertEqual(client.read_response().status, 400)
        for want in (200, 200, LIMITED[0]):
            self.assertEqual(self.ask("POST", "/v1/x", bearer(ALL), body("m")).status, want)


if __name__ == "__main__":
    main()
