"""Names of endpoints that change, fail and come back, seen through the real resolver: the gateway runs with an /etc/hosts
of the test's own, in a mount namespace. Where none can be had, tests/net/resolver_test.cpp is all that tests it."""

import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import Backend, Gateway, answer, answering, eventually, json_answer, main, one_route, unused_port
from held_backend import HeldBackend

HOST = "model.inferway.test"
SCRIPT = 'mount --bind "$0" /etc/hosts && exec "$@"'


def command(hosts):
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", SCRIPT, str(hosts)]


def namespaces_work():
    """Whether a command can have an /etc/hosts of its own, and the resolver reads it."""
    with tempfile.NamedTemporaryFile("w") as hosts:
        hosts.write(f"127.0.0.3 {HOST}\n")
        hosts.flush()
        try:
            done = subprocess.run(
                [*command(hosts.name), "getent", "hosts", HOST], capture_output=True, text=True, timeout=20, check=False
            )
        except OSError:
            return False
        return done.returncode == 0 and "127.0.0.3" in done.stdout


WORKS = namespaces_work()


@unittest.skipUnless(WORKS, "no user namespaces here: names are tested by tests/net/resolver_test.cpp alone")
class NamesTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="inferway-")
        self.addCleanup(directory.cleanup)
        self.hosts = Path(directory.name) / "hosts"
        self.hosts.write_text("127.0.0.1 localhost\n")

    def leads_to(self, *addresses):
        """What the name leads to from now on. The file stays the same one: it is mounted."""
        lines = ["127.0.0.1 localhost"] + [f"{address} {HOST}" for address in addresses]
        self.hosts.write_text("\n".join(lines) + "\n")

    def start(self, port, **options):
        return self.enterContext(Gateway(one_route(f"http://{HOST}:{port}", **options), prefix=command(self.hosts)))

    def two_backends(self):
        """Backends of the same port on two addresses."""
        first = self.enterContext(Backend(answering(json_answer("first"))))
        second = self.enterContext(Backend(answering(json_answer("second")), host="127.0.0.2", port=first.port))
        return first, second

    def ask(self, client):
        response = client.get("/x").read_response()
        return response.json() if response.status == 200 else response.header("x-inferway-error")

    def test_addresses_that_change_are_followed(self):
        first, second = self.two_backends()
        self.leads_to("127.0.0.1")
        gateway = self.start(first.port, backend={"pool": {"idle": "1h"}})
        client = self.enterContext(gateway.client())
        self.assertEqual(self.ask(client), "first")
        self.leads_to("127.0.0.2")
        # The kept connection to the address that is gone goes, too, although the backend there still answers.
        eventually(lambda: first.open == 0, timeout=20, what="the kept connection is closed")
        self.assertEqual(self.ask(client), "second")
        self.assertEqual(second.requests[0].header("host"), f"{HOST}:{first.port}")

    def test_a_request_in_flight_ends_on_the_old_address_and_its_connection_is_not_kept(self):
        first = self.enterContext(HeldBackend())
        second = self.enterContext(Backend(host="127.0.0.2", port=first.port))
        self.leads_to("127.0.0.1")
        gateway = self.start(first.port, threads=1)
        busy, other = self.enterContext(gateway.client()), self.enterContext(gateway.client())
        busy.get("/x")
        connection, _ = first.take_request()
        self.leads_to("127.0.0.2")
        gateway.wait_log(f"addresses of an endpoint's name have changed: {HOST}", timeout=20)
        self.assertEqual(other.get("/y").read_response().status, 200)
        self.assertEqual(second.requests[0].target, "/y")
        connection.send(answer(body=b"whole"))
        self.assertEqual(busy.read_response().body, b"whole")
        self.assertTrue(connection.wait_closed())

    def test_a_failed_connect_looks_the_name_up_at_once(self):
        port = unused_port()
        second = self.enterContext(Backend(host="127.0.0.2", port=port))
        self.leads_to("127.0.0.1")  # nobody is there
        gateway = self.start(port)
        client = self.enterContext(gateway.client())
        self.assertEqual(self.ask(client), "connect_failed")
        self.leads_to("127.0.0.2")
        eventually(lambda: self.ask(client) == {"ok": True}, timeout=20)
        self.assertEqual(second.connections, 1)

    def test_a_name_that_vanishes_keeps_its_last_addresses(self):
        backend = self.enterContext(Backend())
        self.leads_to("127.0.0.1")
        gateway = self.start(backend.port, backend={"pool": {"max_idle": 0}})
        client = self.enterContext(gateway.client())
        self.assertEqual(self.ask(client), {"ok": True})
        self.leads_to()
        gateway.wait_log(f"cannot be resolved: {HOST}; its last addresses are kept", timeout=20)
        self.assertEqual(self.ask(client), {"ok": True})
        self.leads_to("127.0.0.1")
        gateway.wait_log(f"is resolved again: {HOST}", timeout=20)

    def test_a_name_that_is_unknown_at_the_start_comes_up_later(self):
        backend = self.enterContext(Backend())
        gateway = self.start(backend.port)
        client = self.enterContext(gateway.client())
        self.assertEqual(self.ask(client), "connect_failed")
        self.leads_to("127.0.0.1")
        eventually(lambda: self.ask(client) == {"ok": True}, timeout=20)

    def test_all_addresses_of_a_name_are_tried(self):
        backend = self.enterContext(Backend(host="127.0.0.2"))
        self.leads_to("127.0.0.1", "127.0.0.2")
        gateway = self.start(backend.port)
        client = self.enterContext(gateway.client())
        self.assertEqual(self.ask(client), {"ok": True})


if __name__ == "__main__":
    main()
