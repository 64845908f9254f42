"""Connections that end when they like: kept ones that close as the next request comes, and clients that leave."""

import time

import e2e_path  # noqa: F401
from harness import Client, eventually, main, request

import content
import scenarios
from faults_case import FaultsCase
from faulty_backend import LedgerBackend
from gateways import inferway


def established(port):
    """Connections to a local port that the kernel holds open at the side of who made them."""
    wanted, count = f":{port:04X}", 0
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in table.readlines()[1:]:
            fields = line.split()
            count += fields[2].endswith(wanted) and fields[3] == "01"
    return count


def endless(connection, request):
    """A stream without an end, until the other side leaves."""
    connection.send(content.sse_prefix(request.id, 3))
    connection.wait_closed(60)
    return False


class ConnectionsTest(FaultsCase):
    def test_a_thousand_posts_to_a_server_that_closes_idle_connections_at_random(self):
        ledger = self.nothing_is_lost(scenarios.close_idle_at_random(inferway, then=self.check))
        self.assert_all_right(ledger)
        self.assertEqual(len(ledger.outcomes), 1000)

    def test_200_clients_that_leave_leave_nothing_behind(self):
        with LedgerBackend(endless) as backend, inferway(backend.url, threads=2) as gateway:
            clients = [Client(gateway.port) for _ in range(200)]
            for number, client in enumerate(clients):
                body = content.question(f"gone-{number}", True)
                client.send(request("POST", content.PATH, [("x-request-id", f"gone-{number}")], body))
            for client in clients:
                client.read_head()
            self.assertEqual(established(backend.port), 200)
            for client in clients:
                client.close()
            begun = time.monotonic()
            eventually(lambda: established(backend.port) == 0, timeout=1, what="no connection upstream")
            print(f"200 clients left; no connection upstream after {1000 * (time.monotonic() - begun):.0f} ms")
            eventually(lambda: gateway.metric("inferway_requests_in_flight") == 0)
            records = gateway.access_log(200)
            self.assertEqual({record["status"] for record in records}, {499})
            self.assertEqual(len(records), 200)


if __name__ == "__main__":
    main()
