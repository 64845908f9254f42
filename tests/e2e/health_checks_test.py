"""Active checks of health: what they ask, what takes an endpoint out and brings it back."""

import signal
import tempfile
import time
import unittest

import secure
from harness import PATIENCE, Backend, answer, chunk, eventually, main, sse_head, unused_port
from health_states import FAILING, SILENCE, HealthTestCase, Switch

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
