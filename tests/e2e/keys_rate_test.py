"""Virtual keys: how often each may call."""

import threading

from harness import main
from key_callers import ALL, CHAT, FINE, LIMITED, SLOW, KeysTestCase, bearer, body, key, route


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


if __name__ == "__main__":
    main()
