"""What goes upstream and what comes back: fields, credentials, request ids, keys."""

import unittest

import secure
from harness import Backend, Gateway, answer, answering, json_answer, main, one_route, request

SECRETS = {
    "Authorization": "Bearer client-secret",
    "Proxy-Authorization": "Basic client-secret",
    "X-Api-Key": "client-secret",
    "Api-Key": "client-secret",
    "X-Goog-Api-Key": "client-secret",
    "Cookie": "session=client-secret",
}


class ForwardingTest(unittest.TestCase):
    def start(self, handler=None, **options):
        self.backend = self.enterContext(Backend(handler))
        self.gateway = self.enterContext(Gateway(one_route(self.backend.url, **options)))
        return self.enterContext(self.gateway.client())

    def sent_up(self, client, raw):
        response = client.send(raw).read_response()
        self.assertEqual(response.status, 200, response)
        return self.backend.requests[-1]

    def test_end_to_end_fields_pass_as_they_came(self):
        client = self.start()
        fields = [
            ("X-CaSe", "Kept As It Is"), ("x-twice", "1"), ("X-Twice", "2"), ("X-Empty", ""), ("Accept", "*/*"),
            ("x-bytes", "caf\xe9"), ("User-Agent", "test/1"), ("Accept-Encoding", "gzip, br"), ("Origin", "http://a"),
            ("anthropic-version", "2023-06-01"), ("OpenAI-Organization", "org"), ("traceparent", "00-0af7-b7ad-01"),
        ]
        got = self.sent_up(client, request("GET", "/a", fields))
        self.assertEqual([f for f in got.headers if f in [(n, v) for n, v in fields]], fields, "order and case are kept")

    def test_the_gateway_sets_its_own_fields(self):
        client = self.start()
        got = self.sent_up(client, request("GET", "/a", host="front.test:8080"))
        self.assertEqual(got.headers_named("host"), [self.backend.authority])
        self.assertEqual(got.headers_named("x-forwarded-for"), ["127.0.0.1"])
        self.assertEqual(got.headers_named("x-forwarded-proto"), ["https" if secure.ON else "http"])
        self.assertEqual(got.headers_named("x-forwarded-host"), ["front.test:8080"])
        self.assertEqual(got.headers_named("via"), ["1.1 inferway"])
        self.assertEqual(got.headers_named("connection"), [])
        self.assertEqual(got.version, "HTTP/1.1")

    def test_what_a_proxy_before_us_said_is_appended_to_or_replaced(self):
        client = self.start()
        fields = [
            ("X-Forwarded-For", "10.0.0.1"), ("x-forwarded-for", "10.0.0.2, 10.0.0.3"), ("Via", "1.0 front"),
            ("X-Forwarded-Proto", "gopher"), ("X-Forwarded-Host", "forged.test"),
        ]
        got = self.sent_up(client, request("GET", "/a", fields))
        self.assertEqual(got.headers_named("x-forwarded-for"), ["10.0.0.1, 10.0.0.2, 10.0.0.3, 127.0.0.1"])
        self.assertEqual(got.headers_named("via"), ["1.0 front, 1.1 inferway"])
        self.assertEqual(got.headers_named("x-forwarded-proto"), ["https" if secure.ON else "http"])
        self.assertEqual(got.headers_named("x-forwarded-host"), ["gateway.test"])

    def test_hop_by_hop_fields_go_no_further(self):
        client = self.start()
        fields = [
            ("Connection", "keep-alive, X-Listed, x-other"), ("X-Listed", "1"), ("X-Other", "2"), ("Keep-Alive", "timeout=5"),
            ("TE", "trailers"), ("Trailer", "X"), ("Upgrade", "h2c"), ("Proxy-Connection", "keep-alive"),
            ("Proxy-Authenticate", "x"), ("X-End", "stays"),
        ]
        got = self.sent_up(client, request("GET", "/a", fields))
        self.assertEqual(got.header("x-end"), "stays")
        for name, _ in fields[:-1]:
            self.assertEqual(got.headers_named(name), [], name)

    def test_framing_and_addressing_cannot_be_removed_by_connection(self):
        client = self.start()
        listed = "Content-Length, Host, X-Forwarded-For, Via, Content-Type, Content-Encoding, X-Request-Id"
        fields = [("Connection", listed), ("Content-Type", "text/plain"), ("X-Forwarded-For", "10.0.0.1")]
        got = self.sent_up(client, request("POST", "/a", fields, b"body"))
        self.assertEqual(got.body, b"body")
        self.assertEqual(got.header("content-length"), "4")
        self.assertEqual(got.header("host"), self.backend.authority)
        self.assertEqual(got.header("content-type"), "text/plain")
        self.assertTrue(got.header("x-forwarded-for").endswith("127.0.0.1"))
        self.assertIsNotNone(got.header("x-request-id"))
        got = self.sent_up(client, b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                                   b"Connection: Transfer-Encoding\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        self.assertEqual(got.body, b"abc")

    def test_credentials_of_the_client_are_dropped(self):
        client = self.start()
        got = self.sent_up(client, request("GET", "/a", list(SECRETS.items())))
        self.assertNotIn(b"client-secret", got.raw)

    def test_credentials_pass_where_pass_headers_lists_them(self):
        for name in SECRETS:
            with self.subTest(name):
                client = self.start(backend={"pass_headers": [name]})
                got = self.sent_up(client, request("GET", "/a", list(SECRETS.items())))
                passed = [n for n, v in got.headers if "client-secret" in v]
                self.assertEqual(passed, [name])

    def test_the_key_goes_where_the_backend_s_dialect_wants_it(self):
        rows = [
            ("openai", "Authorization", "Bearer provider-key"), ("ollama", "Authorization", "Bearer provider-key"),
            ("anthropic", "x-api-key", "provider-key"), ("gemini", "x-goog-api-key", "provider-key"),
        ]
        for api, name, value in rows:
            with self.subTest(api):
                client = self.start(backend={"api": api, "key": "provider-key", "pass_headers": list(SECRETS)})
                got = self.sent_up(client, request("GET", "/a", list(SECRETS.items())))
                self.assertEqual(got.headers_named(name), [value], "instead of the client's own")
                self.assertEqual(len([v for _, v in got.headers if "provider-key" in v]), 1)

    def test_headers_of_a_backend_are_set_and_replace_the_client_s(self):
        client = self.start(backend={"headers": {"X-Set": "ours", "anthropic-version": "2023-06-01"}})
        got = self.sent_up(client, request("GET", "/a", [("x-set", "theirs"), ("Anthropic-Version", "1999")]))
        self.assertEqual(got.headers_named("x-set"), ["ours"])
        self.assertEqual(got.headers_named("anthropic-version"), ["2023-06-01"])

    def test_keys_in_the_query_of_gemini_paths_are_dropped(self):
        client = self.start()
        rows = [
            ("/v1beta/models/m:generateContent?key=s&alt=sse", "/v1beta/models/m:generateContent?alt=sse"),
            ("/v1beta/models/m:generateContent?alt=sse&api_key=s&x=1", "/v1beta/models/m:generateContent?alt=sse&x=1"),
            ("/v1beta/models/m:generateContent?k%65y=s", "/v1beta/models/m:generateContent"),
            ("/v1beta/models?key=s&pageSize=2", "/v1beta/models?pageSize=2"),
            ("/v1/models/m:generateContent?key=s", "/v1/models/m:generateContent"),
            ("/v1beta/models/m:x?monkey=1&keys=2&KEY=3", "/v1beta/models/m:x?monkey=1&keys=2&KEY=3"),
            ("/v1/models?key=stays", "/v1/models?key=stays"),
            ("/other?key=stays&&", "/other?key=stays&&"),
        ]
        for target, want in rows:
            with self.subTest(target):
                self.assertEqual(self.sent_up(client, request("GET", target)).target, want)

    def test_queries_pass_as_they_came(self):
        client = self.start()
        for query in ("?", "?a", "?a=b&a=c", "?%zz", "?a=b?c/d", "?x=%2e%2E/../", "?;:@!$'()*,"):
            with self.subTest(query):
                self.assertEqual(self.sent_up(client, request("GET", "/a" + query)).target, "/a" + query)

    def test_the_client_s_request_id_is_taken_where_it_is_harmless(self):
        client = self.start()
        for i, value in enumerate(("a", "A-z_0.9", "x" * 128)):
            with self.subTest(value):
                got = self.sent_up(client, request("GET", "/a", [("X-Request-Id", value)]))
                self.assertEqual(got.headers_named("x-request-id"), [value])
                self.assertEqual(self.gateway.access_log(i + 1)[-1]["request_id"], value)

    def test_another_request_id_is_made_where_it_is_not(self):
        client = self.start()
        seen = set()
        for value in (None, "", "x" * 129, "a b", "a/b", "a\xe9", '"', "{}"):
            with self.subTest(value):
                headers = [] if value is None else [("X-Request-Id", value)]
                response = client.send(request("GET", "/a", headers)).read_response()
                made = self.backend.requests[-1].headers_named("x-request-id")
                self.assertEqual(len(made), 1)
                self.assertRegex(made[0], r"^[A-Za-z0-9._-]{16,128}$")
                self.assertEqual(response.headers_named("x-request-id"), made)
                seen.add(made[0])
        self.assertEqual(len(seen), 8, "no two requests have the same")

    def test_a_backend_s_request_id_passes_untouched(self):
        client = self.start(answering(answer(200, [("X-Request-ID", "req_provider")])))
        response = client.get("/a", [("X-Request-Id", "mine")]).read_response()
        self.assertEqual(response.headers_named("x-request-id"), ["req_provider"])
        self.assertEqual(self.gateway.access_log(1)[0]["request_id"], "mine")

    def test_an_error_of_the_gateway_bears_the_request_id(self):
        client = self.start(path="/only")
        response = client.get("/none", [("X-Request-Id", "mine")]).read_response()
        self.assertEqual((response.status, response.header("x-request-id")), (404, "mine"))

    def test_fields_of_an_answer_pass_but_for_hop_by_hop_ones(self):
        fields = [
            ("X-CaSe", "Kept"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Content-Type", "x/y; z"), ("Server", "s"),
            ("WWW-Authenticate", "Bearer"), ("Date", "Thu, 01 Jan 1970 00:00:00 GMT"), ("retry-after", "7"), ("X-Empty", ""),
        ]
        hops = [
            ("Connection", "keep-alive, X-Listed"), ("X-Listed", "1"), ("Keep-Alive", "timeout=5"), ("Upgrade", "h2c"),
            ("Proxy-Authenticate", "x"), ("Trailer", "X"), ("Proxy-Connection", "a"),
        ]
        client = self.start(answering(answer(429, [*hops, *fields], b"body", reason="Slow Down")))
        response = client.get("/a").read_response()
        self.assertEqual((response.status, response.reason, response.body), (429, "Slow Down", b"body"))
        self.assertEqual([f for f in response.headers if f in fields], fields, "order and case are kept")
        for name, value in hops:
            self.assertNotIn((name, value), response.headers)
        self.assertIsNone(response.header("x-inferway-error"), "it is not the gateway's own")

    def test_a_backend_s_errors_pass_with_their_own_status_and_body(self):
        for status in (400, 401, 403, 404, 418, 422, 429, 500, 503, 529, 599):
            with self.subTest(status):
                client = self.start(answering(json_answer({"theirs": status}, status)))
                response = client.get("/a").read_response()
                self.assertEqual((response.status, response.json()), (status, {"theirs": status}))

    def test_a_request_without_body_says_so_upstream_only_where_one_is_expected(self):
        client = self.start()
        for method, want in (("GET", []), ("DELETE", []), ("OPTIONS", []), ("POST", ["0"]), ("PUT", ["0"]), ("PATCH", ["0"])):
            with self.subTest(method):
                got = self.sent_up(client, request(method, "/a"))
                self.assertEqual(got.headers_named("content-length"), want)
                self.assertEqual(got.headers_named("transfer-encoding"), [])


class ErrorEnvelopeTest(unittest.TestCase):
    """The gateway's own errors are written in the client's dialect, which is known by path."""

    def test_errors_are_written_in_the_client_s_dialect(self):
        openai = ["/v1/chat/completions", "/v1/models", "/v1/models/m", "/", "/anything", "/v1/messagesx", "/api/other"]
        anthropic = ["/v1/messages", "/v1/messages/count_tokens", "/v1/messages/batches"]
        gemini = ["/v1beta/models/m:generateContent", "/v1beta/models/m", "/v1/models/m:generateContent"]
        ollama = ["/api/chat", "/api/generate", "/api/embed", "/api/tags"]
        with Backend() as backend, Gateway(one_route(backend.url, path="/routed")) as gateway, gateway.client() as client:
            for path in [*openai, *anthropic, *gemini, *ollama]:
                with self.subTest(path):
                    response = client.get(path, [("X-Request-Id", "mine")], "DELETE").read_response()
                    self.assertEqual(response.status, 404)
                    self.assertEqual(response.header("content-type"), "application/json")
                    self.assertEqual(response.header("x-inferway-error"), "route_not_found")
                    value = response.json()
                    message = value["error"] if path in ollama else value["error"]["message"]
                    self.assertIn("route", message)
                    if path in openai:
                        want = {"error": {"message": message, "type": "invalid_request_error", "param": None,
                                          "code": "route_not_found"}}
                    elif path in anthropic:
                        want = {"type": "error", "error": {"type": "not_found_error", "message": message},
                                "request_id": "mine"}
                    elif path in gemini:
                        want = {"error": {"code": 404, "message": message, "status": "NOT_FOUND"}}
                    else:
                        want = {"error": message}
                    self.assertEqual(value, want)

    def test_an_error_names_the_backend_and_the_cause_but_no_address_and_no_key(self):
        refused = Backend()
        refused.close()
        config = one_route(refused.url, backend={"key": "provider-key"})
        with Gateway(config) as gateway, gateway.client() as client:
            response = client.get("/a", [("Authorization", "Bearer client-secret")]).read_response()
            self.assertEqual((response.status, response.header("x-inferway-error")), (502, "connect_failed"))
            self.assertIn("main", response.json()["error"]["message"])
            for secret in ("127.0.0.1", str(refused.port), "provider-key", "client-secret"):
                self.assertNotIn(secret.encode(), response.raw)


if __name__ == "__main__":
    main()
