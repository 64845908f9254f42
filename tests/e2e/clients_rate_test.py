"""Clients by their address: how many requests each may make."""

import threading

from client_addresses import PROXY, TRUSTED, ClientsTestCase
from harness import Client, main, one_route


class RateTest(ClientsTestCase):
    def test_a_refusal_says_when_to_come_back_and_the_connection_goes_on(self):
        self.start(rpm_per_ip=2)
        client = self.client()
        answers = [client.get("/v1/chat/completions").read_response() for _ in range(3)]
        self.assertEqual([answer.status for answer in answers], [200, 200, 429])
        self.assertEqual(answers[2].header("x-inferway-error"), "rate_limit_exceeded")
        self.assertEqual(answers[2].json()["error"]["type"], "rate_limit_error")
        self.assertEqual(len(answers[2].headers_named("retry-after")), 1)
        self.assertRegex(answers[2].header("retry-after"), r"^([1-9]|[12]\d|30)$")
        self.assertLessEqual(int(answers[2].header("retry-after-ms")), 30_000)
        self.assertIsNone(answers[2].header("connection"))
        self.assertEqual(client.get("/v1/messages").read_response().json()["error"]["type"], "rate_limit_error")
        head = client.get("/v1/a", method="HEAD").read_response(head_request=True)
        self.assertEqual((head.status, head.body), (429, b""))
        self.assertEqual(self.refused("rpm_per_ip"), 3)
        self.assertEqual(self.status("127.0.0.2"), 200, "each has its own")

    def test_another_connection_is_no_other_client(self):
        self.start(rpm_per_ip=2)
        self.assertEqual([self.status() for _ in range(4)], [200, 200, 429, 429])

    def test_exactly_as_many_as_allowed_get_through_at_once(self):
        limit, callers, each = 60, 6, 20
        self.start(rpm_per_ip=limit)
        counts = []

        def call():
            with Client(self.gateway.port) as client:
                answers = [client.get("/v1/a").read_response().status for _ in range(each)]
            counts.append(answers.count(200))

        threads = [threading.Thread(target=call) for _ in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sum(counts) + self.refused("rpm_per_ip"), callers * each)
        # One token comes back in a second: what came through beyond the limit is what the test's duration allows.
        records = self.gateway.access_log(callers * each)
        seconds = [int(r["time"][14:16]) * 60 + float(r["time"][17:23]) for r in records]
        spread = (max(seconds) - min(seconds)) % 3600
        self.assertGreaterEqual(sum(counts), limit)
        self.assertLessEqual(sum(counts), limit + spread + 2)

    def test_clients_of_a_proxy_are_counted_each_by_itself(self):
        self.start(rpm_per_ip=1, trusted_proxies=TRUSTED)
        client = self.client(PROXY)

        def status(*forwarded):
            return client.get("/v1/a", [("X-Forwarded-For", value) for value in forwarded]).read_response().status

        self.assertEqual([status("192.0.2.1"), status("192.0.2.1"), status("192.0.2.2")], [200, 429, 200])
        self.assertEqual(status("1.2.3.4, 192.0.2.1"), 429, "a claim of its own makes no other client of it")
        self.assertEqual(status("192.0.2.1, 10.0.0.3"), 429)
        self.assertEqual([status("2001:db8::1"), status("2001:db8::ffff:2"), status("2001:db8:0:1::1")], [200, 429, 200])
        self.assertEqual([status() for _ in range(3)], [200] * 3, "a proxy that asks for itself is not counted")

    def test_reloads_do_not_forget(self):
        self.start(rpm_per_ip=1)
        self.assertEqual([self.status(), self.status()], [200, 429])
        self.gateway.reload(one_route(self.backend.url))
        self.assertEqual([self.status(), self.status()], [200, 200])
        self.gateway.reload(one_route(self.backend.url, clients={"rpm_per_ip": 1}))
        self.assertEqual(self.status(), 429)

    def test_a_connection_of_before_the_limit_is_counted_too(self):
        self.start()
        client = self.client()
        self.assertEqual(client.get("/v1/a").read_response().status, 200)
        self.gateway.reload(one_route(self.backend.url, clients={"rpm_per_ip": 1}))
        self.assertEqual([client.get("/v1/a").read_response().status for _ in range(2)], [200, 429])
        self.assertEqual(self.status(), 429)


if __name__ == "__main__":
    main()
