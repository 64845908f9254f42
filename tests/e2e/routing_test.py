"""Routing as the contract says: path, method, headers, model; the first match in the order of the file."""

import unittest

from harness import Backend, Gateway, answer, answering, main, one_route, request


def named(name):
    """A backend that says who it is and which target it got."""
    return Backend(answering(lambda got: answer(200, [("X-Backend", name), ("X-Target", got.target)], got.body)))


def routes(*rows):
    """(name, match) pairs, each to a target of the backend `main`."""
    return [{"name": name, "match": match, "to": [{"backend": "main"}]} for name, match in rows]


def routed(gateway, raw):
    """The status, and the route the access log names."""
    with gateway.client() as client:
        client.send(raw)
        return client.read_response()


class RoutingTest(unittest.TestCase):
    def gateway(self, *rows, **top):
        self.backend = self.enterContext(named("main"))
        config = {"backends": {"main": {"endpoints": [self.backend.url]}}, "routes": routes(*rows), **top}
        return self.enterContext(Gateway(config))

    def check(self, gateway, rows):
        """rows: (raw request, the route's name, or the error code)."""
        for i, (raw, want) in enumerate(rows):
            with self.subTest(raw):
                response = routed(gateway, raw)
                record = gateway.access_log(i + 1)[-1]
                self.assertEqual(response.header("x-inferway-error") or record["route"], want, response)

    def test_paths_match_exactly_or_by_prefix(self):
        gateway = self.gateway(
            ("exact", {"path": "/v1/chat"}), ("prefix", {"path": "/v1/*"}), ("deep", {"path": "/a/b/c/*"}), ("root", {"path": "/"})
        )
        self.check(gateway, [
            (request("GET", "/v1/chat"), "exact"),
            (request("GET", "/v1/chat?x=/v1/other"), "exact"),
            (request("GET", "/v1/chat/"), "prefix"),
            (request("GET", "/v1/Chat"), "prefix"),
            (request("GET", "/v1/"), "prefix"),
            (request("GET", "/v1/a/b/c"), "prefix"),
            (request("GET", "/v1"), "route_not_found"),
            (request("GET", "/v12"), "route_not_found"),
            (request("GET", "/a/b/c/d"), "deep"),
            (request("GET", "/a/b/c"), "route_not_found"),
            (request("GET", "/"), "root"),
            (request("OPTIONS", "*"), "route_not_found"),
        ])

    def test_paths_are_matched_after_normalisation_and_forwarded_as_matched(self):
        gateway = self.gateway(("chat", {"path": "/v1/chat"}), ("files", {"path": "/files/*"}))
        rows = [
            ("//v1//chat", "/v1/chat"),
            ("/v1/./chat", "/v1/chat"),
            ("/x/../v1/chat", "/v1/chat"),
            ("/v1/%63hat", "/v1/chat"),
            ("/v1/%2e%2e/v1/chat", "/v1/chat"),
            ("/../../v1/chat", "/v1/chat"),
            ("/files/a%2fb", "/files/a%2Fb"),
            ("/files/%7Euser", "/files/~user"),
            ("/files/a%20b?c=%2e%2e/&d", "/files/a%20b?c=%2e%2e/&d"),
        ]
        for target, want in rows:
            with self.subTest(target):
                response = routed(gateway, request("GET", target))
                self.assertEqual((response.status, response.header("x-target")), (200, want))

    def test_a_path_cannot_climb_out_of_its_prefix(self):
        gateway = self.gateway(("files", {"path": "/files/*"}))
        for target in ("/files/../secret", "/files/%2e%2e/secret", "/files/..", "/files/a/../../secret"):
            with self.subTest(target):
                self.assertEqual(routed(gateway, request("GET", target)).status, 404)
        self.assertEqual(self.backend.requests, [])

    def test_methods_are_matched(self):
        gateway = self.gateway(
            ("post", {"path": "/a", "method": "POST"}), ("get", {"path": "/a", "method": "GET"}),
            ("any", {"path": "/b"}),
        )
        self.check(gateway, [
            (request("GET", "/a"), "get"),
            (request("POST", "/a", body=b""), "post"),
            (request("DELETE", "/a"), "route_not_found"),
            (request("DELETE", "/b"), "any"),
            (request("BREW", "/b"), "any"),
        ])

    def test_headers_are_matched_exactly_or_by_glob(self):
        gateway = self.gateway(
            ("exact", {"path": "/a", "headers": {"x-tier": "gold"}}),
            ("glob", {"path": "/a", "headers": {"X-Tier": "silver-*"}}),
            ("two", {"path": "/a", "headers": {"x-tier": "*", "x-team": "b"}}),
            ("rest", {"path": "/a"}),
        )
        self.check(gateway, [
            (request("GET", "/a", [("X-TIER", "gold")]), "exact"),
            (request("GET", "/a", [("x-tier", "Gold")]), "rest"),
            (request("GET", "/a", [("x-tier", "silver-1")]), "glob"),
            (request("GET", "/a", [("x-tier", "bronze"), ("x-team", "b")]), "two"),
            (request("GET", "/a", [("x-team", "b")]), "rest"),
            (request("GET", "/a"), "rest"),
        ])

    def test_models_are_matched_exactly_or_by_glob_in_the_order_of_the_file(self):
        path = "/v1/chat/completions"
        gateway = self.gateway(
            ("exact", {"path": path, "model": "llama-3-8b"}),
            ("glob", {"path": path, "model": "llama-*"}),
            ("end", {"path": path, "model": "*-mini"}),
            ("later", {"path": path, "model": "llama-late"}),
            ("other path", {"path": "/v1/completions", "model": "*"}),
        )

        def chat(model, path=path):
            return request("POST", path, body=b'{"model":"%s"}' % model.encode())

        self.check(gateway, [
            (chat("llama-3-8b"), "exact"),
            (chat("llama-3-70b"), "glob"),
            (chat("llama-3-mini"), "glob"),
            (chat("gpt-mini"), "end"),
            (chat("llama-late"), "glob"),
            (chat("LLAMA-3"), "model_not_found"),
            (chat("gpt"), "model_not_found"),
            (chat("gpt", "/v1/completions"), "other path"),
            (chat("gpt", "/v1/embeddings"), "route_not_found"),
            (request("POST", path, body=b"{}"), "model_not_found"),
        ])

    def test_a_model_is_matched_unescaped(self):
        gateway = self.gateway(("m", {"path": "/c", "model": "org/llama-é"}))
        for body in (b'{"model":"org\\/llama-\\u00e9"}', '{"model":"org/llama-é"}'.encode(), b'{"mod\\u0065l":"org\\u002fllama-\\u00E9"}'):
            with self.subTest(body):
                response = routed(gateway, request("POST", "/c", body=body))
                self.assertEqual((response.status, response.body), (200, body))

    def test_a_request_without_a_model_takes_a_route_that_wants_none(self):
        gateway = self.gateway(("m", {"path": "/c", "model": "m"}), ("rest", {"path": "/c"}))
        self.check(gateway, [
            (request("POST", "/c", body=b'{"model":"m"}'), "m"),
            (request("POST", "/c", body=b'{"model":"x"}'), "rest"),
            (request("POST", "/c", body=b'{"n":1}'), "rest"),
            (request("GET", "/c"), "rest"),
        ])

    def test_404_says_whether_the_model_or_the_route_is_unknown(self):
        gateway = self.gateway(("m", {"path": "/c", "method": "POST", "model": "m", "headers": {"x-a": "b"}}))
        headers = [("X-A", "b")]
        self.check(gateway, [
            (request("POST", "/c", headers, b'{"model":"x"}'), "model_not_found"),
            (request("POST", "/c", [], b'{"model":"x"}'), "route_not_found"),
            (request("PUT", "/c", headers, b'{"model":"m"}'), "route_not_found"),
            (request("POST", "/d", headers, b'{"model":"m"}'), "route_not_found"),
        ])

    def test_rewrite_puts_what_the_star_matched_into_another_path(self):
        backend = self.enterContext(named("main"))
        config = one_route(backend.url)
        to = [{"backend": "main"}]
        config["routes"] = [
            {"match": {"path": "/in/*"}, "to": to, "rewrite": "/out/{path}/end"},
            {"match": {"path": "/exact"}, "to": to, "rewrite": "/elsewhere"},
            {"match": {"path": "/strip/*"}, "to": to, "rewrite": "/{path}"},
        ]
        rows = [
            ("/in/a/b", "/out/a/b/end"), ("/in/a?x=1&y", "/out/a/end?x=1&y"), ("/exact?q", "/elsewhere?q"),
            ("/strip/v1/chat", "/v1/chat"), ("/strip/", "/"), ("/in/a%2Fb", "/out/a%2Fb/end"),
        ]
        with Gateway(config) as gateway:
            for target, want in rows:
                with self.subTest(target):
                    self.assertEqual(routed(gateway, request("GET", target)).header("x-target"), want)

    def test_the_path_of_an_endpoint_is_put_before_the_request_s(self):
        with named("main") as backend:
            for base, want in (("/base", "/base/a?b"), ("/base/", "/base/a?b"), ("/", "/a?b"), ("", "/a?b")):
                with self.subTest(base), Gateway(one_route(backend.url + base)) as gateway:
                    self.assertEqual(routed(gateway, request("GET", "/a?b")).header("x-target"), want)

    def test_targets_are_chosen_by_weight(self):
        backends = {name: self.enterContext(named(name)) for name in ("a", "b", "never")}
        config = {
            "backends": {name: {"endpoints": [backend.url]} for name, backend in backends.items()},
            "routes": [{"match": {"path": "/*"}, "to": [
                {"backend": "a", "weight": 90}, {"backend": "b", "weight": 10}, {"backend": "never", "weight": 0},
            ]}],
        }
        count = 600
        with Gateway(config) as gateway, gateway.client() as client:
            seen = [client.get("/").read_response().header("x-backend") for _ in range(count)]
        # 90 % of 600 is 540, and its standard deviation 7.3: six of them are never missed by chance.
        self.assertAlmostEqual(seen.count("a"), 0.9 * count, delta=45)
        self.assertEqual(seen.count("a") + seen.count("b"), count)


if __name__ == "__main__":
    main()
