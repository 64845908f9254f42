"""When endpoints rest after 429 or 529, and no other is left: what the client is told."""

import unittest

from harness import Backend, Gateway, json_answer, main, one_route

ASKED = "/v1/chat/completions"


def refusal(status, retry_after, *headers, says="mine"):
    return json_answer({"error": {"message": says}}, status, [("Retry-After", retry_after), *headers], "Too Much")


class RestCase(unittest.TestCase):
    def backend(self, data):
        def behave(connection):
            while connection.read_request() is not None:
                connection.send(data)

        return self.enterContext(Backend(behave))

    def start(self, config):
        self.gateway = self.enterContext(Gateway(config))

    def ask(self, path=ASKED):
        with self.gateway.client() as client:
            return client.send_json(path, {"model": "m", "messages": []}).read_response()

    def with_fallback(self, first, second, **route):
        config = one_route(first.url, route={"fallback": [{"backend": "second"}], "retry": {"attempts": 1}, **route})
        config["backends"]["second"] = {"endpoints": [second.url]}
        direct = {"match": {"path": "/second"}, "to": [{"backend": "second"}], "retry": {"attempts": 0}}
        config["routes"].insert(0, direct)
        self.start(config)


class NothingTriedTest(RestCase):
    def test_a_request_that_finds_all_resting_gets_the_status_that_they_rest_for(self):
        kinds = {429: ("rate_limit_exceeded", "rate_limit_error"), 529: ("no_healthy_endpoint", "overloaded_error")}
        for status, (code, kind) in kinds.items():
            for path in (ASKED, "/v1/messages"):
                with self.subTest(status=status, path=path):
                    backend = self.backend(refusal(status, "60"))
                    self.start(one_route(backend.url))
                    self.assertEqual(self.ask(path).json(), {"error": {"message": "mine"}})
                    second = self.ask(path)
                    self.assertEqual((second.status, second.header("x-inferway-error")), (status, code))
                    self.assertEqual(second.json()["error"]["type"], kind)
                    self.assertIn(int(second.header("Retry-After")), (59, 60))
                    self.assertEqual(len(backend.requests), 1)


class LastAnswerTest(RestCase):
    def test_it_is_the_clients_where_the_fallback_rests_as_well(self):
        for status in (429, 529):
            with self.subTest(status=status):
                first, second = self.backend(refusal(status, "60", says="first")), self.backend(refusal(429, "30"))
                self.with_fallback(first, second)
                self.assertEqual(self.ask("/second").status, 429)
                answer = self.ask()
                self.assertEqual((answer.status, answer.json()["error"]["message"]), (status, "first"))
                self.assertIn(int(answer.header("Retry-After")), (29, 30))
                self.assertEqual([len(first.requests), len(second.requests)], [1, 1])

    def test_it_is_the_clients_where_the_fallback_is_drained(self):
        first, second = self.backend(refusal(429, "60", says="first")), self.backend(refusal(429, "30"))
        self.with_fallback(first, second)
        self.gateway.admin_post("/api/backends/second/endpoints/0/drain")
        answer = self.ask()
        self.assertEqual((answer.status, answer.json()["error"]["message"]), (429, "first"))
        self.assertIn(int(answer.header("Retry-After")), (59, 60))

    def test_a_fallback_that_is_due_soon_is_waited_for(self):
        first, second = self.backend(refusal(429, "60")), self.backend(refusal(429, "1", says="second"))
        self.with_fallback(first, second)
        self.assertEqual(self.ask("/second").status, 429)
        self.assertEqual(self.ask().json()["error"]["message"], "second")
        self.assertEqual([len(first.requests), len(second.requests)], [1, 3])  # once by itself, and a second try

    def test_retry_after_is_that_of_the_soonest_in_whatever_unit(self):
        first, second = self.backend(refusal(429, "20")), self.backend(refusal(529, "90", ("Retry-After-Ms", "90000")))
        self.with_fallback(first, second)
        answer = self.ask()
        self.assertEqual(answer.status, 529)
        self.assertIn(int(answer.header("Retry-After")), (19, 20))
        self.assertIn(int(answer.header("retry-after-ms")), range(18000, 20001))
        self.assertEqual(len(answer.headers_named("Retry-After")), 1)
        self.assertEqual(len(answer.headers_named("retry-after-ms")), 1)


if __name__ == "__main__":
    main()
