"""Virtual keys: who may call, and that nobody's key gets where it does not belong."""

import pathlib
import re
import subprocess
import unittest

from harness import Backend, Gateway, chunk, main, request
from key_callers import (
    ALL,
    CHAT,
    FINE,
    FORBIDDEN,
    INVALID,
    KEYS,
    LIMITED,
    MISSING,
    SLOW,
    UNKNOWN,
    KeysTestCase,
    bearer,
    body,
    route,
)


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
