"""Endpoints that ask for a rest (429, Retry-After) are left alone for as long."""

from harness import answer, main
from health_states import GOOD, HealthTestCase, Switch


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


if __name__ == "__main__":
    main()
