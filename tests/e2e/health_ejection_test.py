"""Endpoints that fail are ejected, return and start slowly; and panic, when there is no other."""

import time

import secure
from harness import answer, eventually, main, unused_port
from health_states import CUT, FAILING, GOOD, SILENCE, HealthTestCase, Switch


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


if __name__ == "__main__":
    main()
