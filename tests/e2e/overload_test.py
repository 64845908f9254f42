"""Too much of everything: who is refused first, and that nothing hangs or spins meanwhile."""

import os
import resource
import signal
import time
import unittest
from pathlib import Path

from harness import Backend, Gateway, eventually, main, one_route, request


def two_priorities(url, **top):
    """A route that goes first under overload, and one that comes first."""
    to = [{"backend": "main"}]
    return {
        "backends": {"main": {"endpoints": [url]}},
        "routes": [
            {"name": "batch", "match": {"path": "/batch"}, "to": to, "priority": -5},
            {"name": "model", "match": {"path": "/model", "model": "m"}, "to": to, "priority": -5},
            {"name": "people", "match": {"path": "/people"}, "to": to, "priority": 10},
            {"name": "held", "match": {"path": "/held", "model": "m"}, "to": to, "priority": 10},
        ],
        **top,
    }


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class OverloadCase(unittest.TestCase):
    def start(self, config):
        self.backend = self.enterContext(Backend())
        # Its descriptors are counted, also where we are not root.
        self.gateway = self.enterContext(Gateway(config(self.backend.url), env={"INFERWAY_CORE_DUMPS": "1"}))
        return self.gateway

    def client(self):
        return self.enterContext(self.gateway.client())

    def status(self, path, client=None):
        if client:
            return client.get(path).read_response().status
        with self.gateway.client() as fresh:
            return fresh.get(path, [("Connection", "close")]).read_response().status

    def assert_overloaded(self, response):
        self.assertEqual(response.status, 503, response)
        self.assertEqual(response.header("x-inferway-error"), "overloaded")
        self.assertGreaterEqual(int(response.header("retry-after")), 1)
        self.assertIn("error", response.json())
        return response


class LimitsTest(OverloadCase):
    def test_a_connection_over_the_limit_is_told_when_to_come_again(self):
        gateway = self.start(lambda url: one_route(url, limits={"connections": 4}))
        kept = [self.client() for _ in range(4)]
        for client in kept:
            self.assertEqual(self.status("/x", client), 200)
        with gateway.client() as one_more:
            self.assert_overloaded(one_more.get("/x").read_response())
            self.assertTrue(one_more.closed_by_peer())
        self.assertGreaterEqual(gateway.metric("inferway_limit_reached_total", limit="connections"), 1)
        for client in kept:
            self.assertEqual(self.status("/x", client), 200)
        kept[0].close()
        eventually(lambda: self.status("/x") == 200, what="the place is free again")


class DescriptorsTest(OverloadCase):
    def exhaust(self, spare=0):
        """No more descriptors than are open now, and `spare` ones."""
        pid = self.gateway.pid
        _, most = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_descriptors(pid) + spare, most))
        return most

    def release(self, limit):
        resource.prlimit(self.gateway.pid, resource.RLIMIT_NOFILE, (limit, limit))

    def paused(self, more_than=0):
        """Reading the metrics takes a connection; the log does not."""
        return sum("accepting connections rests" in line for line in self.gateway.log_lines()) > more_than

    def test_without_descriptors_it_neither_spins_nor_stops(self):
        gateway = self.start(lambda url: one_route(url, threads=2))
        working = self.client()
        self.assertEqual(self.status("/x", working), 200)
        limit = self.exhaust(spare=2)
        waiting = [self.client() for _ in range(20)]
        for client in waiting:
            client.get("/y")
        eventually(self.paused, what="no descriptors left")
        # Those that still came in may be using the one connection to the backend.
        eventually(lambda: self.status("/x", working) == 200, what="its own connections go on")
        before, begun = cpu_seconds(gateway.pid), time.monotonic()
        asked = 0
        while time.monotonic() - begun < 1:
            self.assertEqual(self.status("/x", working), 200)
            asked += 1
            self.assertTrue(working.silent(0.02))
        self.assertGreater(asked, 0)
        # A loop that spins takes a second a thread; what is asked meanwhile takes a few milliseconds.
        self.assertLess(cpu_seconds(gateway.pid) - before, 0.6)
        lines = [line for line in gateway.log_lines() if "accepting connections rests" in line]
        self.assertLessEqual(len(lines), 2, "one line a worker")
        self.release(limit)
        for client in waiting:
            self.assertIn(client.read_response().status, (200, 503))  # 503: it had the last descriptor
        self.assertEqual(self.status("/x"), 200)
        self.assertGreater(gateway.metric("inferway_accept_pauses_total"), 0)
        gateway.wait_log("connections are accepted again after")

    def test_it_accepts_again_when_connections_end(self):
        self.start(lambda url: one_route(url, threads=1))
        kept = [self.client() for _ in range(8)]
        for client in kept:
            self.assertEqual(self.status("/x", client), 200)
        self.exhaust()
        late = self.client()
        late.get("/late")
        eventually(self.paused, what="no descriptors left")
        for client in kept:
            client.close()
        self.assertEqual(late.read_response().status, 200)

    def test_a_dial_without_a_descriptor_is_the_gateways_own_failure(self):
        gateway = self.start(lambda url: one_route(url, threads=1, backend={"pool": {"max_idle": 0}}))
        client = self.client()
        self.assertEqual(self.status("/x", client), 200)
        eventually(lambda: self.backend.open == 0)
        limit = self.exhaust()
        for _ in range(3):
            self.assert_overloaded(client.get("/x").read_response())
        self.release(limit)
        self.assertEqual(self.status("/x", client), 200)
        self.assertEqual(gateway.metric("inferway_upstream_errors_total"), 0)
        self.assertEqual(gateway.metric("inferway_errors_total", code="overloaded"), 3)


class SheddingTest(OverloadCase):
    def occupy(self, count):
        """So many connections that rest."""
        kept = [self.client() for _ in range(count)]
        eventually(lambda: self.gateway.metric("inferway_client_connections") >= count)
        return kept

    def test_the_lowest_priority_goes_first_as_connections_get_scarce(self):
        gateway = self.start(lambda url: two_priorities(url, limits={"connections": 40}))
        self.assertEqual(self.status("/batch"), 200)
        kept = self.occupy(37)  # with the one that asks 95 %
        self.assertEqual(self.status("/people"), 200)
        with gateway.client() as client:
            # Only the head: the body is not waited for.
            client.send(request("POST", "/batch", [("Content-Length", "1000"), ("Expect", "100-continue")]))
            response = self.assert_overloaded(client.read_response())
            self.assertEqual(response.interim, [])
            self.assertEqual(response.header("connection"), "close")
        for client in kept[:10]:
            client.close()
        eventually(lambda: self.status("/batch") == 200, what="there is room again")
        self.assertEqual(gateway.metric("inferway_requests_shed_total", route="batch", priority="-5"), 1)
        self.assertEqual(gateway.metric("inferway_requests_shed_total", route="people"), 0)
        record = next(r for r in gateway.access_log(3) if r["status"] == 503)
        self.assertEqual((record["route"], record["error"], record["attempts"]), ("batch", "overloaded", 0))

    def test_the_body_that_would_tell_the_model_is_not_read_for_it(self):
        gateway = self.start(lambda url: two_priorities(url, limits={"connections": 40}))
        self.occupy(37)
        with gateway.client() as client:
            client.send(request("POST", "/model", [("Content-Length", "1000")]))
            self.assert_overloaded(client.read_response())
        shed = lambda: gateway.metric("inferway_requests_shed_total", route="", priority="-5")  # noqa: E731
        eventually(lambda: shed() == 1, what="it is counted")

    def test_bodies_in_memory_count_too(self):
        gateway = self.start(lambda url: two_priorities(url, limits={"buffered_bytes": "1MiB", "body_bytes": "1MiB"}))
        uploading = self.client()
        begin = b'{"model": "m", "x": "' + b"x" * 960000
        uploading.send(request("POST", "/held", [("Content-Length", "990000")], begin))
        eventually(lambda: gateway.metric("inferway_buffered_bytes") > 950_000)
        self.assertEqual(self.status("/people"), 200)
        self.assertEqual(self.status("/batch"), 503)
        uploading.send(b"x" * (990000 - len(begin) - 2) + b'"}')
        self.assertEqual(uploading.read_response().status, 200)
        self.assertEqual(self.status("/batch"), 200)

    def test_nothing_is_shed_where_all_have_one_priority(self):
        self.start(lambda url: one_route(url, route={"priority": -3}, limits={"connections": 40}))
        self.occupy(38)
        self.assertEqual(self.status("/x"), 200)


class LagTest(OverloadCase):
    def stall(self, seconds, meanwhile=lambda: None):
        """The whole process gets no processor for that long."""
        self.gateway.signal(signal.SIGSTOP)
        try:
            # Until it has stopped it may still answer.
            stat = f"/proc/{self.gateway.pid}/stat"
            eventually(lambda: Path(stat).read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] == "T")
            meanwhile()
            time.sleep(seconds)
        finally:
            self.gateway.signal(signal.SIGCONT)

    def late(self, seconds):
        metrics = self.gateway.metrics()
        count = metrics['inferway_loop_lag_seconds_count{worker="0"}']
        return count - metrics[f'inferway_loop_lag_seconds_bucket{{worker="0",le="{seconds}"}}']

    def test_a_stalled_loop_is_seen(self):
        gateway = self.start(lambda url: one_route(url, threads=1))
        eventually(lambda: gateway.metric("inferway_loop_lag_seconds_count") >= 2)
        self.stall(0.8)
        eventually(lambda: self.late("0.5") >= 1)

    def test_a_loop_that_is_late_sheds(self):
        gateway = self.start(lambda url: two_priorities(url, threads=1))
        batch, people = self.client(), self.client()
        for client in (batch, people):
            self.assertEqual(self.status("/people", client), 200)
        eventually(lambda: gateway.metric("inferway_loop_lag_seconds_count") >= 2)
        # Late by more than 2.2 s once: smoothed, that is half-way from 100 ms to a second.
        self.stall(3, lambda: (batch.get("/batch"), people.get("/people")))
        self.assert_overloaded(batch.read_response())
        self.assertEqual(people.read_response().status, 200)
        eventually(lambda: self.status("/batch") == 200, what="it is on time again")


if __name__ == "__main__":
    main()
