"""The health of endpoints: ejection, rests after 429, active checks, panic, slow start, and what is said of it."""

import signal
import tempfile
import threading
import time
import unittest

import secure
from harness import (
    PATIENCE,
    Backend,
    ConnectionEnded,
    Gateway,
    answer,
    chunk,
    eventually,
    json_answer,
    main,
    one_route,
    sse_head,
    unused_port,
)

NO_RETRY = {"retry": {"attempts": 0}}


class Switch:
    """A backend whose answer the test may change while it runs. /health is answered by `health`."""

    def __init__(self, answering=None, health=None):
        self.answering = json_answer({"ok": True}) if answering is None else answering
        self.health = answer() if health is None else health
        self.backend = Backend(self._handle)
        self.url = self.backend.url

    def _handle(self, connection):
        while (request := connection.read_request()) is not None:
            data = self.health if "/health" in request.target else self.answering
            if data is SILENCE:
                connection.wait_closed()
                return
            connection.send(data)
            if data is CUT:
                return

    def asked(self):
        return [r for r in list(self.backend.requests) if "/health" not in r.target]

    def checks(self):
        return [r for r in list(self.backend.requests) if "/health" in r.target]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.backend.close(check=kind is None)


SILENCE = b""
FAILING = answer(503, reason="Service Unavailable")
CUT = answer(200, [("Content-Length", "10")], b"12345")
GOOD = json_answer({"ok": True})


class HealthTestCase(unittest.TestCase):
    def switches(self, count, **options):
        return [self.enterContext(Switch(**options)) for _ in range(count)]

    def gateway(self, *switches, **backend):
        backend.setdefault("balance", "round_robin")
        urls = [at if isinstance(at, str) else at.url for at in switches]
        return self.enterContext(Gateway(one_route(*urls, backend=backend, route=NO_RETRY, threads=4)))

    def ask(self, gateway, count, at_once=4):
        """The statuses of so many requests, over connections that all threads have a share of."""
        statuses = []

        def ask_some():
            for _ in range(count // at_once):
                with gateway.client() as client:
                    try:
                        statuses.append(client.get("/x").read_response().status)
                    except ConnectionEnded:
                        statuses.append(None)

        threads = [threading.Thread(target=ask_some) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return statuses

    def state(self, gateway, url):
        """The one state that the endpoint is in."""
        states = [
            series.split('state="')[1].split('"')[0]
            for series, value in gateway.metrics().items()
            if series.startswith("inferway_endpoint_state{") and f'endpoint="{url}"' in series and value == 1
        ]
        self.assertEqual(len(states), 1, states)
        return states[0]

    def wait_state(self, gateway, url, state):
        eventually(lambda: self.state(gateway, url) == state, PATIENCE, f"{url} is {state}")


class EjectionTest(HealthTestCase):
    def assert_ejected(self, gateway, switch, reason):
        line = gateway.wait_log("is ejected for 30s")
        self.assertIn(f"endpoint {switch.url}", line)
        self.assertIn(reason, line)
        self.assertEqual(self.state(gateway, switch.url), "ejected")
        self.assertEqual(gateway.metric("inferway_endpoint_ejections_total", endpoint=switch.url), 1)

    def test_failures_are_counted_over_all_threads(self):
        good, bad = self.switches(2)
        bad.answering = FAILING
        gateway = self.gateway(good, bad)
        statuses = self.ask(gateway, 60, at_once=1)
        self.assertEqual(statuses.count(503), 5)
        self.assertEqual(len(bad.asked()), 5)
        self.assert_ejected(gateway, bad, "5 failures in a row, the last one: 5xx")
        self.assertEqual(self.state(gateway, good.url), "up")

    def test_many_at_once_eject_it_too(self):
        good, bad = self.switches(2)
        bad.answering = FAILING
        gateway = self.gateway(good, bad, outlier={"consecutive_failures": 20})
        statuses = self.ask(gateway, 400, at_once=8)
        self.assertLessEqual(statuses.count(503), 20 + 8)  # those that were under way
        self.assert_ejected(gateway, bad, "in a row")

    def test_an_answer_that_is_cut_each_time_is_a_failure_although_its_head_is_good(self):
        good, bad = self.switches(2)
        bad.answering = CUT
        gateway = self.gateway(good, bad)
        self.ask(gateway, 40, at_once=1)
        self.assert_ejected(gateway, bad, "5 failures in a row, the last one: cut")

    def test_one_that_is_not_there_is_ejected(self):
        good = self.enterContext(Switch())
        gone = f"http{'s' if secure.ON else ''}://127.0.0.1:{unused_port()}"
        gateway = self.gateway(good, gone)
        self.assertEqual(self.ask(gateway, 40, at_once=1).count(502), 5)
        self.assertIn("the last one: connect", gateway.wait_log("is ejected"))

    def test_a_low_rate_of_success_ejects_without_failures_in_a_row(self):
        good, bad = self.switches(2)
        gateway = self.gateway(good, bad, outlier={"consecutive_failures": 1000})
        for number in range(60):
            bad.answering = GOOD if number % 4 == 0 else FAILING
            before = len(bad.asked())
            while len(bad.asked()) == before and self.state(gateway, bad.url) == "up":
                self.ask(gateway, 1, at_once=1)
            if self.state(gateway, bad.url) != "up":
                break
        self.assertIn("of the last", gateway.wait_log("is ejected"))
        self.assertLess(number, 40)

    def test_refusals_and_clients_that_leave_are_no_failures(self):
        only, other = self.switches(2)
        gateway = self.gateway(only, other, cooldown={"on": []}, outlier={"consecutive_failures": 1})
        for status in (400, 401, 404, 422, 429):
            only.answering = other.answering = answer(status)
            self.assertEqual(self.ask(gateway, 4, at_once=1), [status] * 4)
        only.answering = other.answering = SILENCE
        for _ in range(4):
            before = len(only.asked()) + len(other.asked())
            with gateway.client() as client:
                client.get("/x")
                eventually(lambda: len(only.asked()) + len(other.asked()) > before)  # pylint: disable=cell-var-from-loop
        eventually(lambda: gateway.metric("inferway_upstream_cancelled_total") == 4)
        self.assertEqual([self.state(gateway, s.url) for s in (only, other)], ["up", "up"])

    def test_no_more_than_max_ejected_percent(self):
        switches = self.switches(3, answering=FAILING)
        gateway = self.gateway(*switches)
        self.ask(gateway, 60, at_once=1)
        self.assertEqual(gateway.metric("inferway_endpoint_state", state="ejected"), 1)
        self.assertEqual(gateway.metric("inferway_endpoint_ejections_total"), 1)
        gateway.wait_log("would be ejected, but outlier.max_ejected_percent allows no more: 5 failures in a row")

    def test_it_returns_after_its_time_and_starts_slowly(self):
        good, bad = self.switches(2)
        bad.answering = FAILING
        gateway = self.gateway(good, bad, outlier={"eject": "300ms"})
        self.ask(gateway, 20, at_once=1)
        gateway.wait_log("is ejected for 300ms")
        bad.answering = GOOD
        gateway.wait_log("is back, and starts slowly")
        self.assertEqual(self.state(gateway, bad.url), "starting")
        before, begun = len(bad.asked()), time.monotonic()
        self.assertEqual(set(self.ask(gateway, 200)), {200})
        share = (len(bad.asked()) - before) / 200
        self.assertGreater(share, 0.02)
        if time.monotonic() - begun < 5:  # of the 30 s
            self.assertLess(share, 0.3)

    def test_panic_when_all_are_ejected(self):
        switches = self.switches(2, answering=FAILING)
        gateway = self.gateway(*switches, outlier={"max_ejected_percent": 100})
        self.ask(gateway, 20, at_once=1)
        self.assertEqual([self.state(gateway, s.url) for s in switches], ["ejected", "ejected"])
        for switch in switches:
            switch.answering = GOOD
        panics = gateway.metric("inferway_backend_panics_total", backend="main")
        self.assertEqual(self.ask(gateway, 8), [200] * 8)
        self.assertEqual(gateway.metric("inferway_backend_panics_total", backend="main"), panics + 8)

    def test_the_only_endpoint_stays(self):
        (bad,) = self.switches(1, answering=FAILING)
        gateway = self.gateway(bad)
        self.assertEqual(self.ask(gateway, 8, at_once=1), [503] * 8)
        self.assertEqual(len(bad.asked()), 8)
        self.assertEqual(self.state(gateway, bad.url), "up")


class CooldownTest(HealthTestCase):
    def refusing(self, retry_after=None, status=429):
        headers = [("Retry-After", retry_after)] if retry_after else []
        return self.enterContext(Switch(answer(status, headers)))

    def test_one_that_is_asked_too_much_is_left_alone(self):
        for status in (429, 529):
            with self.subTest(status=status):
                good, busy = self.enterContext(Switch()), self.refusing(status=status)
                gateway = self.gateway(good, busy)
                statuses = self.ask(gateway, 40, at_once=1)
                self.assertEqual(statuses.count(status), 1)
                self.assertEqual(len(busy.asked()), 1)
                self.assertIn(f"it answered {status}", gateway.wait_log("is resting for 10s"))
                self.assertEqual(self.state(gateway, busy.url), "resting")
                self.assertEqual(gateway.metric("inferway_endpoint_cooldowns_total", endpoint=busy.url), 1)

    def test_retry_after_counts_in_seconds_and_as_a_date_but_not_for_ever(self):
        rows = {
            "120": "is resting for 2m",
            "86400": "is resting for 1h",
            "Thu, 01 Jan 2099 00:00:00 GMT": "is resting for 1h",
        }
        for value, line in rows.items():
            with self.subTest(value):
                good, busy = self.enterContext(Switch()), self.refusing(value)
                gateway = self.gateway(good, busy)
                self.ask(gateway, 8, at_once=1)
                self.assertIn("with Retry-After", gateway.wait_log(line))

    def test_it_is_asked_again_when_its_time_is_over_and_at_full_weight(self):
        good, busy = self.enterContext(Switch()), self.refusing()
        gateway = self.gateway(good, busy, cooldown={"default": "300ms"})
        self.ask(gateway, 8, at_once=1)
        self.assertEqual(len(busy.asked()), 1)
        busy.answering = GOOD
        gateway.wait_log("is up: it was resting")
        before = len(busy.asked())
        self.ask(gateway, 40, at_once=1)
        self.assertGreaterEqual(len(busy.asked()) - before, 16)

    def test_one_that_rests_is_not_tried_even_when_there_is_no_other(self):
        switches = [self.refusing("60"), self.refusing("30")]
        gateway = self.gateway(*switches)
        self.ask(gateway, 2, at_once=1)
        self.assertEqual([len(switch.asked()) for switch in switches], [1, 1])
        with gateway.client() as client:
            refusal = client.get("/x").read_response()
        self.assertEqual((refusal.status, refusal.header("x-inferway-error")), (429, "rate_limit_exceeded"))
        self.assertIn(int(refusal.header("Retry-After")), range(1, 31))  # of the soonest
        self.assertEqual(self.ask(gateway, 8), [429] * 8)
        self.assertEqual([len(switch.asked()) for switch in switches], [1, 1])

    def test_off(self):
        (busy,) = [self.refusing("60")]
        gateway = self.gateway(busy, cooldown={"on": []})
        self.assertEqual(self.ask(gateway, 8, at_once=1), [429] * 8)


# Long enough for a loaded machine to answer in time.
CHECKS = {"path": "/health", "interval": "300ms", "timeout": "300ms", "unhealthy_after": 2, "healthy_after": 2}


class ActiveCheckTest(HealthTestCase):
    def test_it_takes_out_and_brings_back(self):
        steady, changing = self.switches(2)
        gateway = self.gateway(steady, changing, health=CHECKS)
        eventually(lambda: gateway.metric("inferway_endpoint_checks_total", endpoint=changing.url, result="passed") > 1)
        changing.health = FAILING
        self.wait_state(gateway, changing.url, "unhealthy")
        self.assertIn("2 checks failed in a row, the last one: it answered 503", gateway.wait_log("is unhealthy"))
        before = len(changing.asked())
        self.assertEqual(set(self.ask(gateway, 20)), {200})
        self.assertEqual(len(changing.asked()), before)
        changing.health = answer(204)
        self.wait_state(gateway, changing.url, "starting")
        self.assertIn("2 checks passed in a row", gateway.wait_log("starts slowly"))
        eventually(lambda: self.ask(gateway, 4) and len(changing.asked()) > before)

    def test_a_server_that_is_silent_or_not_there_or_redirects_is_unhealthy(self):
        rows = {
            "no answer within health.timeout": SILENCE,
            "it answered 302": answer(302, [("Location", "/login")]),
            "its answer's head is malformed": b"hello\r\n\r\n" if not secure.ON else b"HTTP/9 hello\r\n\r\n",
        }
        for reason, health in rows.items():
            with self.subTest(reason):
                good, bad = self.enterContext(Switch()), self.enterContext(Switch(health=health))
                gateway = self.gateway(good, bad, health=CHECKS)
                self.assertIn(reason, gateway.wait_log(f"endpoint {bad.url} is unhealthy"))
        gone = f"http://127.0.0.1:{unused_port()}"
        gateway = self.gateway(self.enterContext(Switch()), gone, health=CHECKS)
        self.assertIn("cannot connect: Connection refused", gateway.wait_log(f"endpoint {gone} is unhealthy"))

    def test_panic_when_all_are_unhealthy(self):
        switches = self.switches(2, health=FAILING)
        gateway = self.gateway(*switches, health=CHECKS)
        for switch in switches:
            self.wait_state(gateway, switch.url, "unhealthy")
        self.assertEqual(self.ask(gateway, 8), [200] * 8)
        self.assertEqual(gateway.metric("inferway_backend_panics_total"), 8)

    def test_a_check_is_a_request_as_the_backend_gets_them(self):
        (switch,) = self.switches(1)
        gateway = self.gateway(
            switch.url + "/prefix",
            health={**CHECKS, "path": "/health?deep=1"},
            key="sk-backend",
            headers={"X-Own": "1", "User-Agent": "mine"},
        )
        eventually(switch.checks)
        check = switch.checks()[0]
        self.assertEqual((check.method, check.target, check.body), ("GET", "/prefix/health?deep=1", b""))
        self.assertEqual(check.header("Host"), switch.backend.authority)
        self.assertEqual(check.header("Authorization"), "Bearer sk-backend")
        self.assertEqual(check.header("X-Own"), "1")
        self.assertEqual(check.headers_named("User-Agent"), ["mine"])
        self.assertNotIn("sk-backend", gateway.stderr())

    def test_it_runs_once_for_the_process_whatever_the_threads(self):
        (switch,) = self.switches(1)
        begun = time.monotonic()
        self.gateway(switch, health={**CHECKS, "interval": "200ms", "timeout": "200ms"})
        eventually(lambda: len(switch.checks()) >= 10, PATIENCE)
        self.assertGreaterEqual(time.monotonic() - begun, 9 * 0.18)  # one a thread would be four times as fast

    @unittest.skipIf(secure.ON, "there is no TLS on Unix sockets")
    def test_a_unix_socket_is_checked_too(self):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        with Backend(path=f"{directory}/model.sock") as backend:
            gateway = self.gateway(backend.url, health=CHECKS)
            eventually(lambda: gateway.metric("inferway_endpoint_checks_total", result="passed") > 0)

    def test_checks_end_with_the_drain(self):
        (switch,) = self.switches(1)
        switch.answering = sse_head() + chunk(b": hi\n\n")
        gateway = self.gateway(switch, health=CHECKS)
        eventually(lambda: len(switch.checks()) > 1)
        with gateway.client() as client:
            client.get("/x").read_head().read_until(b": hi")
            gateway.signal(signal.SIGTERM)
            gateway.wait_log("draining")
            after = len(switch.checks()) + 1  # one may be under way
            self.assertTrue(client.silent(1))  # more than three intervals
            self.assertLessEqual(len(switch.checks()), after)


if __name__ == "__main__":
    main()
