"""Clients by their address: lists, connections at once, and whom a trusted proxy speaks for."""

import tempfile
from pathlib import Path

from client_addresses import OTHER_PROXY, PROXY, TRUSTED, ClientsTestCase
from harness import Client, Gateway, eventually, main, one_route, request
from held_backend import HeldBackend

class ListsTest(ClientsTestCase):
    def test_who_is_denied_is_told_so_and_closed(self):
        self.start(deny=["127.0.0.2"])
        self.assertEqual(self.status(), 200)
        client = self.client("127.0.0.2")
        response = client.get("/v1/chat/completions").read_response()
        self.assertEqual(response.status, 403)
        self.assertEqual(response.header("x-inferway-error"), "address_not_allowed")
        self.assertEqual(response.json()["error"]["type"], "permission_error")
        self.assertEqual(response.header("connection"), "close")
        self.assertEqual(self.refused("denied"), 1)
        self.assertEqual([r["client"] for r in self.gateway.access_log(2) if r["status"] == 403], ["127.0.0.2"])
        self.assertEqual(len(self.backend.requests), 1)

    def test_who_is_not_allowed_is_denied_and_deny_wins(self):
        self.start(allow=["127.0.0.0/29", "127.0.1.0/24"], deny=["127.0.0.4/31"])
        rows = [("127.0.0.1", 200), ("127.0.0.3", 200), ("127.0.0.4", 403), ("127.0.0.5", 403), ("127.0.0.6", 200),
                ("127.0.0.8", 403), ("127.0.1.255", 200), ("127.0.2.0", 403)]
        for source, want in rows:
            with self.subTest(source):
                self.assertEqual(self.status(source), want)

    def test_ipv4_on_a_socket_of_both_families_is_ipv4(self):
        self.start("[::]:0", deny=["127.0.0.0/8"])
        self.assertEqual(self.status(), 403)
        self.assertEqual(self.status("::1", host="::1"), 200)
        self.assertEqual(sorted(r["client"] for r in self.gateway.access_log(2)), ["127.0.0.1", "::1"])

    def test_a_claim_of_its_own_helps_nobody(self):
        self.start(deny=["127.0.0.2"], trusted_proxies=TRUSTED)
        self.assertEqual(self.status("127.0.0.2", "127.0.0.3"), 403)
        self.assertEqual(self.status("127.0.0.3", "127.0.0.2"), 200, "nor does it harm")
        self.assertEqual({r["client"] for r in self.gateway.access_log(2)}, {"127.0.0.2", "127.0.0.3"})
        self.assertEqual(self.backend.requests[0].headers_named("x-forwarded-for"), ["127.0.0.2, 127.0.0.3"])

    def test_the_admin_port_has_no_lists(self):
        self.start(deny=["127.0.0.0/8"], connections_per_ip=1, rpm_per_ip=1)
        for _ in range(3):
            self.assertEqual(self.gateway.admin_get("/ready").status, 200)

    def test_a_peer_on_a_unix_socket_has_no_address(self):
        directory = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="inferway-")))
        path = directory / "api.sock"
        self.start(f"unix:{path}", allow=["192.0.2.1"], connections_per_ip=1, rpm_per_ip=1, trusted_proxies=TRUSTED)
        for _ in range(3):
            client = self.enterContext(Client(None, path=path))
            fields = [("X-Forwarded-For", "192.0.2.2")]
            self.assertEqual(client.get("/v1/a", fields).read_response().status, 200)
        self.assertEqual({r["client"] for r in self.gateway.access_log(3)}, {"unix"})


class ProxiedTest(ClientsTestCase):
    def test_the_client_is_the_last_that_is_no_trusted_proxy(self):
        self.start(trusted_proxies=TRUSTED)
        rows = [
            (["192.0.2.1"], "192.0.2.1"),
            (["203.0.113.9, 192.0.2.1"], "192.0.2.1"),
            (["10.9.9.9, 192.0.2.1"], "192.0.2.1"),
            (["192.0.2.1, 10.0.0.3", "10.0.0.2"], "192.0.2.1"),
            (["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            (["::ffff:192.0.2.1"], "192.0.2.1"),
            (["[2001:db8::7]:4711"], "2001:db8::7"),
            (["192.0.2.1, unknown"], PROXY),
            ([], PROXY),
        ]
        for number, (forwarded, want) in enumerate(rows, 1):
            with self.subTest(forwarded):
                self.assertEqual(self.status(PROXY, *forwarded), 200)
                self.assertEqual(self.gateway.access_log(number)[-1]["client"], want)
                said = [", ".join([*forwarded, PROXY])]
                self.assertEqual(self.backend.requests[-1].headers_named("x-forwarded-for"), said)

    def test_what_follows_on_the_connection_is_not_taken_for_the_same_clients(self):
        self.start(trusted_proxies=TRUSTED)
        said = [("X-Forwarded-For", "192.0.2.1")]
        client, other = self.client(PROXY), self.client(PROXY)
        for one in (client, other):
            self.assertEqual(one.get("/v1/a", said).read_response().status, 200)
        self.assertEqual(client.send(b"nonsense\r\n\r\n").read_response().status, 400)
        self.gateway.reload(one_route(self.backend.url))
        self.assertEqual(other.get("/v1/a", said).read_response().status, 200)
        # In any order: the connections may be different workers'.
        self.assertCountEqual([r["client"] for r in self.gateway.access_log(4)], ["192.0.2.1"] * 2 + [PROXY] * 2)

    def test_lists_are_about_the_client_and_not_the_proxy(self):
        self.start(trusted_proxies=TRUSTED, allow=["192.0.2.0/24"], deny=["192.0.2.7"])
        rows = [(["192.0.2.1"], 200), (["192.0.2.7"], 403), (["203.0.113.9"], 403),
                (["192.0.2.1, 203.0.113.9"], 403), (["192.0.2.1, unknown"], 403)]
        client = self.client(PROXY)
        for forwarded, want in rows:
            with self.subTest(forwarded):
                fields = [("X-Forwarded-For", value) for value in forwarded]
                self.assertEqual(client.get("/v1/a", fields).read_response().status, want)
        # A proxy's connection is not only that client's: it goes on. The same for a proxy that asks for itself.
        self.assertEqual(client.get("/v1/a").read_response().status, 200)
        self.assertEqual(self.refused("denied"), 4)

    def test_a_proxy_that_is_denied_is(self):
        self.start(trusted_proxies=TRUSTED, deny=[PROXY])
        self.assertEqual(self.status(PROXY), 403)
        self.assertEqual(self.status(OTHER_PROXY), 200)

    def test_the_rest_of_a_refused_request_is_no_request(self):
        self.start(trusted_proxies=TRUSTED, deny=["192.0.2.7"])
        fields = [("X-Forwarded-For", "192.0.2.7")]
        client = self.client(PROXY)
        client.send(request("POST", "/v1/a", fields, b"GET /v1/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"))
        self.assertEqual(client.read_response().status, 403)
        self.assertEqual(client.get("/v1/b").read_response().status, 200)
        self.assertEqual([r.target for r in self.backend.requests], ["/v1/b"])


class ConnectionsTest(ClientsTestCase):
    def test_one_more_than_allowed_is_told_so_and_closed(self):
        self.start(connections_per_ip=2)
        held = [self.client() for _ in range(2)]
        for client in held:
            self.assertEqual(client.get("/v1/a").read_response().status, 200)
        response = self.ask()
        self.assertEqual(response.status, 429)
        self.assertEqual(response.header("x-inferway-error"), "too_many_connections")
        self.assertIsNotNone(response.header("retry-after"))
        self.assertEqual(self.refused("connections_per_ip"), 1)
        self.assertEqual(self.status("127.0.0.2"), 200, "each has its own")
        held[0].close()
        eventually(lambda: self.status() == 200)

    def test_the_count_is_exact_over_all_threads(self):
        self.start(connections_per_ip=20)
        clients = [self.client() for _ in range(60)]
        answers = [client.get("/v1/a").read_response().status for client in clients]
        self.assertEqual((answers.count(200), answers.count(429)), (20, 40))
        for client in clients:
            client.close()
        # None is left over when they have gone: as many find place again.
        eventually(lambda: self.gateway.metric("inferway_client_connections") == 0)
        clients = [self.client() for _ in range(21)]
        answers = [client.get("/v1/a").read_response().status for client in clients]
        self.assertEqual((answers.count(200), answers.count(429)), (20, 1))

    def test_a_trusted_proxy_has_as_many_as_it_needs(self):
        self.start(connections_per_ip=1, trusted_proxies=TRUSTED)
        for client in [self.client(PROXY) for _ in range(5)]:
            self.assertEqual(client.get("/v1/a").read_response().status, 200)

    def test_a_stream_holds_its_place(self):
        backend = self.enterContext(HeldBackend())
        self.gateway = self.enterContext(Gateway(one_route(backend.url, clients={"connections_per_ip": 1})))
        client = self.client()
        client.get("/v1/a")
        self.assertEqual(self.status(), 429)
        client.reset()
        eventually(lambda: self.gateway.metric("inferway_client_connections") == 0)
        self.client().get("/v1/a")
        eventually(lambda: self.gateway.metric("inferway_requests_in_flight") == 1)


class ReloadTest(ClientsTestCase):
    def config(self, **clients):
        return one_route(self.backend.url, clients=clients)

    def test_lists_change_for_the_next_request_of_each_connection(self):
        self.start()
        client = self.client()
        self.assertEqual(client.get("/v1/a").read_response().status, 200)
        self.gateway.reload(self.config(deny=["127.0.0.1"]))
        self.assertEqual(client.get("/v1/a").read_response().status, 403)
        self.assertEqual(self.status(), 403)
        self.gateway.reload(self.config(allow=["127.0.0.1"]))
        self.assertEqual(self.status(), 200)
        self.gateway.reload(self.config(allow=["127.0.0.1"], trusted_proxies=TRUSTED))
        self.assertEqual(self.status(PROXY, "192.0.2.1"), 403)
        self.gateway.reload(self.config())
        self.assertEqual(self.status(PROXY, "192.0.2.1"), 200)

    def test_a_limit_counts_connections_that_were_counted_before(self):
        self.start(connections_per_ip=5)
        client = self.client()
        self.assertEqual(client.get("/v1/a").read_response().status, 200)
        self.gateway.reload(self.config(connections_per_ip=1))
        self.assertEqual(self.status(), 429)
        self.assertEqual(client.get("/v1/a").read_response().status, 200, "who is in stays in")


if __name__ == "__main__":
    main()
