"""Virtual keys: who may call, which models, how often; and that nobody's key gets where it does not belong."""

import hashlib
import json
import pathlib
import re
import subprocess
import threading
import unittest

from harness import Backend, Gateway, answering, chunk, json_answer, main, request

# What a client is told must never hold one of these, nor must a log or a metric.
ALL, CHAT, SLOW, UNKNOWN = "sk-all-1f3a", "sk-chat-77b0", "sk-slow-9c2e", "sk-unknown-00"


def key(name, secret, **more):
    return {"name": name, "sha256": hashlib.sha256(secret.encode()).hexdigest(), **more}


KEYS = [key("all", ALL), key("chat", CHAT, models=["chat-*", "exact"]), key("slow", SLOW, rpm=3)]

MISSING, INVALID = (401, "missing_api_key"), (401, "invalid_api_key")
FORBIDDEN, LIMITED = (403, "model_not_allowed"), (429, "rate_limit_exceeded")
FINE = (200, None)


def bearer(secret):
    return [("Authorization", f"Bearer {secret}")]


def route(name, path, model=None, **more):
    match = {"path": path, **({"model": model} if model else {})}
    return {"name": name, "match": match, "to": [{"backend": "main"}], "retry": {"attempts": 0}, **more}


def body(model=None, **more):
    return json.dumps({**({"model": model} if model else {}), **more}).encode()


class KeysTestCase(unittest.TestCase):
    def start(self, *routes, required=True, keys=None, backend=None, **top):
        self.backend = self.enterContext(Backend(answering(lambda got: json_answer({"target": got.target}))))
        config = {
            "backends": {"main": {"endpoints": [self.backend.url], **(backend or {})}},
            "routes": list(routes) or [route("all", "/v1/*")],
            "keys": {"required": required, "static": KEYS if keys is None else keys},
            "threads": 1,  # so that records stand in the order of the requests
            **top,
        }
        self.gateway = self.enterContext(Gateway(config))
        self.addCleanup(self.check_secrets)
        return self.gateway

    def check_secrets(self):
        """No key in a log, once it is written to its end."""
        if self.gateway.process.poll() is None:
            self.gateway.stop()
        texts = [self.gateway.stderr()]
        if self.gateway.access_log_path.exists():
            texts.append(self.gateway.access_log_path.read_text())
        for text in texts:
            for secret in (ALL, CHAT, SLOW, UNKNOWN):
                self.assertNotIn(secret, text)

    def ask(self, method="GET", path="/v1/x", headers=(), data=None):
        with self.gateway.client() as client:
            response = client.send(request(method, path, headers, data)).read_response(method == "HEAD")
        for secret in (ALL, CHAT, SLOW, UNKNOWN):
            self.assertNotIn(secret.encode(), bytes(response.raw))
        return response

    def outcome(self, *arguments, **named):
        response = self.ask(*arguments, **named)
        return response.status, response.header("x-inferway-error")

    def check(self, rows):
        """rows: (what, arguments of ask, the outcome)."""
        for what, arguments, want in rows:
            with self.subTest(what):
                self.assertEqual(self.outcome(*arguments), want)


class WhoMayCallTest(KeysTestCase):
    def test_a_known_key_is_needed_in_one_of_the_places(self):
        self.start()
        upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
                   ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")]
        protocol = lambda secret: ("Sec-WebSocket-Protocol", f"realtime, openai-insecure-api-key.{secret}")  # noqa: E731
        get = lambda *headers: ("GET", "/v1/x", headers)  # noqa: E731
        self.check([
            ("none", get(), MISSING),
            ("bearer", get(*bearer(ALL)), FINE),
            ("bearer in any case", get(("authorization", f"BEARER  {ALL} ")), FINE),
            ("x-api-key", get(("x-api-key", ALL)), FINE),
            ("x-goog-api-key", get(("X-Goog-Api-Key", ALL)), FINE),
            ("unknown", get(*bearer(UNKNOWN)), INVALID),
            ("another case", get(*bearer(ALL.upper())), INVALID),
            ("the hash itself", get(*bearer(KEYS[0]["sha256"])), INVALID),
            ("the first counts", get(("x-api-key", ALL), *bearer(UNKNOWN)), INVALID),
            ("the first counts, known", get(("x-api-key", UNKNOWN), *bearer(ALL)), FINE),
            ("basic is no key", get(("Authorization", "Basic abc")), MISSING),
            ("basic beside a key", get(("Authorization", "Basic abc"), ("x-api-key", ALL)), FINE),
            ("empty bearer", get(("Authorization", "Bearer ")), MISSING),
            ("a bare key", get(("Authorization", ALL)), MISSING),
            ("authorization twice", get(*bearer(ALL), *bearer(ALL)), (400, "bad_request")),
            ("x-api-key twice", get(("x-api-key", ALL), ("x-api-key", ALL)), (400, "bad_request")),
            ("the query is no place", ("GET", f"/v1/x?key={ALL}&api_key={ALL}"), MISSING),
            ("a cookie is no place", get(("Cookie", f"key={ALL}")), MISSING),
            ("a subprotocol without an upgrade", get(protocol(ALL)), MISSING),
            ("an unknown subprotocol", get(*upgrade, protocol(UNKNOWN)), INVALID),
            ("an upgrade without a key", get(*upgrade), MISSING),
        ])
        self.assertNotEqual(self.ask("GET", "/v1/x", [*upgrade, protocol(ALL)]).status, 401)

    def test_refusals_are_told_in_the_client_s_dialect(self):
        self.start(route("all", "/*"))
        openai = lambda value: (value["error"]["type"], value["error"]["code"])  # noqa: E731
        rows = [
            ("/v1/chat/completions", openai, ("authentication_error", "invalid_api_key")),
            ("/v1/messages", lambda value: (value["type"], value["error"]["type"]), ("error", "authentication_error")),
            ("/v1beta/models/m:generateContent", lambda value: (value["error"]["code"], value["error"]["status"]),
             (401, "UNAUTHENTICATED")),
            ("/api/chat", lambda value: value["error"], "the API key is not known to the gateway"),
        ]
        for path, part, want in rows:
            with self.subTest(path):
                response = self.ask("POST", path, bearer(UNKNOWN), body("m"))
                self.assertEqual(response.status, 401)
                self.assertEqual(response.header("www-authenticate"), "Bearer")
                self.assertEqual(part(response.json()), want)
        response = self.ask("POST", "/v1/messages", (), body("m"))
        self.assertEqual(response.json()["error"]["type"], "authentication_error")
        self.assertEqual(self.backend.requests, [])

    def test_who_has_no_key_learns_nothing_about_routes(self):
        self.start(route("chat", "/v1/chat/completions", "chat-1"))
        self.check([
            ("unknown path", ("GET", "/nowhere"), MISSING),
            ("unknown path, unknown key", ("GET", "/nowhere", bearer(UNKNOWN)), INVALID),
            ("unknown path, known key", ("GET", "/nowhere", bearer(ALL)), (404, "route_not_found")),
            ("unknown model", ("POST", "/v1/chat/completions", (), body("other")), MISSING),
            ("a body that is none", ("POST", "/v1/chat/completions", (), b"junk"), MISSING),
            ("unknown model, known key", ("POST", "/v1/chat/completions", bearer(ALL), body("other")), (404, "model_not_found")),
        ])

    def test_the_body_of_who_has_no_key_is_not_read(self):
        self.start(route("chat", "/v1/chat/completions", "chat-1"))
        with self.gateway.client() as client:
            head = [("Expect", "100-continue"), ("Content-Length", "30000000")]
            response = client.send(request("POST", "/v1/chat/completions", head)).read_response()
            self.assertEqual((response.status, response.interim), (401, []))
        with self.gateway.client() as client:  # a body that never ends
            head = [("Transfer-Encoding", "chunked")]
            client.send(request("POST", "/v1/chat/completions", head) + chunk(b'{"model":'))
            self.assertEqual(client.read_response().status, 401)

    def test_open_routes_ask_for_none_and_hold_known_keys_to_their_limits(self):
        self.start(route("open", "/open/*", auth=False), route("rest", "/v1/*"))
        self.check([
            ("open, none", ("GET", "/open/x"), FINE),
            ("open, unknown", ("GET", "/open/x", bearer(UNKNOWN)), FINE),
            ("open, known", ("GET", "/open/x", bearer(SLOW)), FINE),
            ("open, once more", ("GET", "/open/x", bearer(SLOW)), FINE),
            ("open, third", ("GET", "/open/x", bearer(SLOW)), FINE),
            ("open, too often", ("GET", "/open/x", bearer(SLOW)), LIMITED),
            ("open, not that model", ("POST", "/open/x", bearer(CHAT), body("other")), FORBIDDEN),
            ("closed, none", ("GET", "/v1/x"), MISSING),
        ])
        names = [record["key"] for record in self.gateway.access_log(8)]
        self.assertEqual(names, [None, None, "slow", "slow", "slow", "slow", "chat", None])

    def test_a_route_may_ask_for_one_where_others_do_not(self):
        self.start(route("closed", "/closed/*", auth=True), route("rest", "/v1/*"), required=False)
        self.check([
            ("closed, none", ("GET", "/closed/x"), MISSING),
            ("closed, unknown", ("GET", "/closed/x", bearer(UNKNOWN)), INVALID),
            ("closed, known", ("GET", "/closed/x", bearer(ALL)), FINE),
            ("open, none", ("GET", "/v1/x"), FINE),
            ("open, a dummy of an SDK", ("GET", "/v1/x", bearer(UNKNOWN)), FINE),
            ("no route at all", ("GET", "/nowhere"), (404, "route_not_found")),
        ])

    def test_where_the_model_decides_it_decides_about_the_key_as_well(self):
        self.start(route("free", "/v1/chat", "free"), route("dear", "/v1/chat", "dear", auth=True), required=False)
        self.check([
            ("free", ("POST", "/v1/chat", (), body("free")), FINE),
            ("dear", ("POST", "/v1/chat", (), body("dear")), MISSING),
            ("dear, known", ("POST", "/v1/chat", bearer(ALL), body("dear")), FINE),
            ("neither", ("POST", "/v1/chat", (), body("other")), (404, "model_not_found")),
        ])

    def test_keys_that_are_not_needed_still_count(self):
        self.start(required=False)
        self.check([
            ("none", (), FINE),
            ("unknown", ("GET", "/v1/x", bearer(UNKNOWN)), FINE),
            ("not that model", ("POST", "/v1/x", bearer(CHAT), body("other")), FORBIDDEN),
            *[("slow", ("GET", "/v1/x", bearer(SLOW)), FINE)] * 3,
            ("too often", ("GET", "/v1/x", bearer(SLOW)), LIMITED),
        ])

    def test_without_keys_all_that_looks_like_one_is_ignored(self):
        self.start(required=False, keys=[])
        self.check([
            ("none", (), FINE),
            ("bearer", ("GET", "/v1/x", bearer(UNKNOWN)), FINE),
            ("twice", ("GET", "/v1/x", [("x-api-key", "a"), ("x-api-key", "b")]), FINE),
        ])

    def test_names_stand_in_the_log_and_refusals_in_the_metrics(self):
        self.start()
        for headers in ((), bearer(UNKNOWN), bearer(ALL)):
            self.ask("GET", "/v1/x", headers)
        self.assertEqual([(r["status"], r["key"], r["error"]) for r in self.gateway.access_log(3)],
                         [(401, None, "missing_api_key"), (401, None, "invalid_api_key"), (200, "all", None)])
        for code in ("missing_api_key", "invalid_api_key"):
            self.assertEqual(self.gateway.metric("inferway_errors_total", code=code), 1)

    def test_in_a_text_log_the_name_is_a_word(self):
        self.start(log={"format": "text"})
        self.ask("GET", "/v1/x", bearer(ALL))
        self.gateway.stop()
        self.assertIn(" route=all backend=main key=all attempts=1 ", self.gateway.access_log_path.read_text())


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


class RateTest(KeysTestCase):
    def test_exactly_as_many_as_allowed_get_through_at_once(self):
        limit, callers, each = 100, 8, 25
        self.start(keys=[key("slow", SLOW, rpm=limit)], threads=2)
        counts = []

        def call():
            passed = 0
            with self.gateway.client() as client:
                for _ in range(each):
                    passed += client.get("/v1/x", bearer(SLOW)).read_response().status == 200
            counts.append(passed)

        threads = [threading.Thread(target=call) for _ in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # One token comes back in 0.6 s: what came through beyond the limit is what the test's own duration allows.
        records = self.gateway.access_log(callers * each)
        seconds = max(r["duration_ms"] for r in records) / 1000 + self.spread(records)
        self.assertGreaterEqual(sum(counts), limit)
        self.assertLessEqual(sum(counts), limit + seconds / 0.6 + 1)
        self.assertEqual(self.gateway.metric("inferway_limit_reached_total", limit="rpm"), callers * each - sum(counts))

    @staticmethod
    def spread(records):
        """Seconds between the first and the last request."""
        times = [int(r["time"][14:16]) * 60 + float(r["time"][17:23]) for r in records]
        return (max(times) - min(times)) % 3600

    def test_a_refusal_says_when_to_come_back(self):
        self.start(route("all", "/*"), keys=[key("slow", SLOW, rpm=1)])
        self.assertEqual(self.outcome("GET", "/x", bearer(SLOW)), FINE)
        rows = [
            ("/v1/chat/completions", lambda value: (value["error"]["type"], value["error"]["code"]),
             ("rate_limit_error", "rate_limit_exceeded")),
            ("/v1/messages", lambda value: value["error"]["type"], "rate_limit_error"),
            ("/v1beta/models/m:countTokens", lambda value: value["error"]["status"], "RESOURCE_EXHAUSTED"),
            ("/api/chat", lambda value: value["error"],
             "the limit of the key 'slow' is reached (rpm: 1); wait as long as Retry-After says"),
        ]
        for path, part, want in rows:
            with self.subTest(path):
                response = self.ask("POST", path, bearer(SLOW), body("m"))
                self.assertEqual(response.status, 429)
                self.assertEqual(part(response.json()), want)
                self.assertRegex(response.header("retry-after"), r"^([1-9]|[1-5]\d|60)$")
                self.assertLessEqual(int(response.header("retry-after-ms")), 60_000)
                self.assertGreater(int(response.header("retry-after-ms")), 1000 * (int(response.header("retry-after")) - 1))
                self.assertEqual(response.header("x-ratelimit-limit-requests"), "1")
                self.assertEqual(response.header("x-ratelimit-remaining-requests"), "0")
                self.assertRegex(response.header("x-ratelimit-reset-requests"), r"^(\d+m)?[\d.]+m?s$")

    def test_only_what_is_admitted_counts(self):
        self.start(route("chat", "/v1/chat", "chat-1"), keys=[key("slow", SLOW, rpm=1, models=["chat-*"])])
        refused = [
            ("no route", ("GET", "/nowhere", bearer(SLOW)), (404, "route_not_found")),
            ("no such model", ("POST", "/v1/chat", bearer(SLOW), body("chat-2")), (404, "model_not_found")),
            ("no JSON", ("POST", "/v1/chat", bearer(SLOW), b"{"), (400, "invalid_json")),
            ("a list of models", ("GET", "/v1/models", bearer(SLOW)), FINE),
        ]
        self.check(refused * 2)
        self.check([("admitted", ("POST", "/v1/chat", bearer(SLOW), body("chat-1")), FINE),
                    ("one too many", ("POST", "/v1/chat", bearer(SLOW), body("chat-1")), LIMITED)])
        self.check(refused)

    def test_keys_have_their_own_limits(self):
        self.start(keys=[key("a", ALL, rpm=1), key("b", CHAT, rpm=1), key("c", SLOW)])
        rows = [(ALL, FINE), (CHAT, FINE), (ALL, LIMITED), (CHAT, LIMITED)] + [(SLOW, FINE)] * 20
        self.check([(secret, ("GET", "/v1/x", bearer(secret)), want) for secret, want in rows])


class WhereKeysGoTest(KeysTestCase):
    PLACES = ("authorization", "x-api-key", "x-goog-api-key", "api-key", "proxy-authorization")

    def sent(self, headers):
        """Which credentials a request brought to the backend."""
        self.assertEqual(self.ask("GET", "/v1/x", headers).status, 200)
        got = self.backend.requests[-1]
        return {name: got.header(name) for name in self.PLACES if got.header(name) is not None}

    def test_a_caller_s_key_never_goes_upstream(self):
        self.start()
        everywhere = [*bearer(ALL), ("x-api-key", ALL), ("x-goog-api-key", ALL), ("api-key", ALL)]
        self.assertEqual(self.sent(everywhere), {})
        self.assertNotIn(ALL.encode(), bytes(self.backend.requests[-1].raw))

    def test_the_provider_s_key_stands_in_its_place(self):
        self.start(backend={"key": "sk-provider"})
        self.assertEqual(self.sent(bearer(ALL)), {"authorization": "Bearer sk-provider"})

    def test_pass_headers_lets_no_key_of_ours_through(self):
        passes = {"pass_headers": ["Authorization", "X-Api-Key", "X-Goog-Api-Key", "Api-Key", "Proxy-Authorization"]}
        self.start(required=False, backend=passes)
        rows = [
            (bearer(ALL), {}),
            ([("Authorization", ALL)], {}),
            ([("Proxy-Authorization", f"bearer {ALL}")], {}),
            ([("x-api-key", ALL), ("x-goog-api-key", "AIza-own")], {"x-goog-api-key": "AIza-own"}),
            # Another's key is a key as well.
            ([*bearer(ALL), ("api-key", CHAT)], {}),
            # The caller's own key of the provider, which is what pass_headers is for.
            (bearer(UNKNOWN), {"authorization": f"Bearer {UNKNOWN}"}),
            ([("x-api-key", ALL), *bearer(UNKNOWN)], {"authorization": f"Bearer {UNKNOWN}"}),
        ]
        for headers, want in rows:
            with self.subTest(headers):
                self.assertEqual(self.sent(headers), want)


class ExampleTest(unittest.TestCase):
    def test_the_page_about_keys_works_as_it_is_written(self):
        page = (pathlib.Path(__file__).resolve().parents[2] / "docs/keys.md").read_text()
        commands = re.search(r"```sh\n(KEY=.*?)```", page, re.DOTALL).group(1)
        config = re.search(r"```yaml\n(backends:.*?)```", page, re.DOTALL).group(1)
        script = commands + 'echo "$KEY"\n'
        done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, timeout=30, check=True)
        digest, secret = re.fullmatch(r"([0-9a-f]{64})  -\n(sk-[0-9a-f]{48})\n", done.stdout).groups()
        with Backend() as backend:
            config = config.replace("http://127.0.0.1:8000", backend.url)
            config = re.sub(r"(name: team-a\n\s+sha256: )\w+", rf"\g<1>{digest}", config)
            config += 'listen: 127.0.0.1:0\nadmin: {address: "127.0.0.1:0"}\nlog: {access: "${ACCESS_LOG}"}\n'
            with Gateway(config, env={"LLAMA_KEY": "sk-provider"}) as gateway, gateway.client() as client:
                answers = [
                    client.get("/health").read_response().status,
                    client.get("/v1/models").read_response().status,
                    [m["id"] for m in client.get("/v1/models", bearer(secret)).read_response().json()["data"]],
                    client.send_json("/v1/chat/completions", {"model": "llama-3.1-8b"}, bearer(secret)).read_response().status,
                    client.send_json("/v1/chat/completions", {"model": "small"}, bearer(secret)).read_response().status,
                ]
            self.assertEqual(answers, [200, 401, ["llama-3.1-8b"], 200, 403])
            self.assertEqual([got.header("authorization") for got in backend.requests], ["Bearer sk-provider"] * 2)


if __name__ == "__main__":
    main()
