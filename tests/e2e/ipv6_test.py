"""IPv6, and several listeners at once."""

import contextlib
import socket
import unittest

from harness import Backend, Client, Gateway, main, one_route, unused_port


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@unittest.skipUnless(has_ipv6(), "this machine has no IPv6")
class Ipv6Test(unittest.TestCase):
    def setUp(self):
        self.backend = self.enterContext(Backend(host="::1"))

    def start(self, *listen, **top):
        return self.enterContext(Gateway(one_route(self.backend.url, listen=list(listen), **top)))

    def ask(self, host, port, status=200, headers=()):
        """The request as the backend got it."""
        with Client(port, host=host) as client:
            self.assertEqual(client.get("/x", headers).read_response().status, status)
        return self.backend.requests[-1]

    def test_an_ipv6_client_and_an_ipv6_backend(self):
        gateway = self.start("[::1]:0")
        got = self.ask("::1", gateway.port, headers=[("Host", f"[::1]:{gateway.port}")])
        self.assertEqual(got.header("host"), self.backend.authority)  # with brackets
        self.assertEqual(got.header("x-forwarded-for"), "::1")
        self.assertEqual(got.header("x-forwarded-host"), f"[::1]:{gateway.port}")
        self.assertEqual(gateway.access_log(1)[0]["client"], "::1")
        gateway.wait_log(f"listening on [::1]:{gateway.port}")

    def test_all_addresses_of_both_families_by_one_listener(self):
        gateway = self.start("[::]:0")
        self.assertEqual(self.ask("::1", gateway.port).header("x-forwarded-for"), "::1")
        # Not as ::ffff:127.0.0.1.
        self.assertEqual(self.ask("127.0.0.1", gateway.port).header("x-forwarded-for"), "127.0.0.1")

    def test_the_same_port_of_both_families(self):
        with self.on_a_free_port(lambda port: [f"0.0.0.0:{port}", f"[::]:{port}"]) as gateway:
            self.assertEqual(len(set(gateway.ports)), 1)
            self.assertEqual(self.ask("::1", gateway.port).header("x-forwarded-for"), "::1")
            self.assertEqual(self.ask("127.0.0.1", gateway.port).header("x-forwarded-for"), "127.0.0.1")

    def test_the_order_does_not_matter(self):
        with self.on_a_free_port(lambda port: [f"[::]:{port}", f"127.0.0.1:{port}"]) as gateway:
            self.ask("::1", gateway.port)
            self.ask("127.0.0.1", gateway.port)

    @contextlib.contextmanager
    def on_a_free_port(self, listen):
        for attempt in range(5):
            try:
                gateway = Gateway(one_route(self.backend.url, listen=listen(unused_port())))
                break
            except AssertionError as failure:  # somebody else was quicker
                if attempt == 4 or "in use" not in str(failure):
                    raise
        with gateway:
            yield gateway

    def test_the_admin_port_may_be_ipv6(self):
        gateway = self.start("[::1]:0", admin={"address": "[::1]:0"})
        with Client(gateway.admin_port, host="::1") as client:
            self.assertEqual(client.get("/ready").read_response().status, 200)

    def test_several_listeners_answer_alike(self):
        gateway = self.start("127.0.0.1:0", "[::1]:0", "127.0.0.1:0", "[::1]:0", threads=3)
        self.assertEqual(len(gateway.ports), 4)
        for host, port in zip(["127.0.0.1", "::1"] * 2, gateway.ports):
            self.assertEqual(self.ask(host, port).header("x-forwarded-for"), host)


if __name__ == "__main__":
    main()
