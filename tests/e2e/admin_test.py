"""The admin port: /live, /ready, /metrics, the token; nothing of it on the data port."""

import tempfile
import unittest

from harness import Backend, Gateway, answering, eventually, json_answer, main, one_route, request, run_inferway, to_yaml
from held_backend import HeldBackend


class AdminTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(Backend())
        cls.gateway = cls.enterClassContext(Gateway(one_route(cls.backend.url, path="/routed")))

    def test_live_and_ready_say_so(self):
        for path, body in (("/live", b"live\n"), ("/ready", b"ready\n")):
            with self.subTest(path):
                response = self.gateway.admin_get(path)
                self.assertEqual((response.status, response.body), (200, body))
                self.assertEqual(self.gateway.admin_get(path, method="HEAD").body, b"")

    def test_other_paths_and_methods_are_refused(self):
        self.assertEqual(self.gateway.admin_get("/nothing").status, 404)
        self.assertEqual(self.gateway.admin_get("/routed").status, 404, "routes are not served on the admin port")
        for method in ("POST", "PUT", "DELETE"):
            self.assertEqual(self.gateway.admin_get("/live", method=method).status, 405)
        with self.gateway.client() as client:
            for path in ("/live", "/ready", "/metrics"):
                response = client.get(path).read_response()
                self.assertEqual(response.header("x-inferway-error"), "route_not_found", "not on the data port")

    def test_metrics_are_prometheus_text(self):
        response = self.gateway.admin_get("/metrics")
        self.assertTrue(response.header("content-type").startswith("text/plain; version=0.0.4"))
        kinds, samples = {}, []
        for line in response.body.decode().splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                self.assertNotIn(name, kinds, "declared twice")
                kinds[name] = kind
            elif not line.startswith("# HELP "):
                name = line.split("{")[0].split(" ")[0]
                samples.append(name)
                base = name
                for suffix in ("_bucket", "_sum", "_count"):
                    if kinds.get(name.removesuffix(suffix)) == "histogram":
                        base = name.removesuffix(suffix)
                self.assertIn(base, kinds, line)
                float(line.rsplit(" ", 1)[1])
        self.assertTrue(samples)
        for name, kind in kinds.items():
            self.assertEqual(name.endswith("_total"), kind == "counter", name)


class MetricsTest(unittest.TestCase):
    def test_requests_are_counted_by_route_backend_and_status(self):
        answers = [json_answer(1), json_answer(2, 503), json_answer(3)]
        with Backend(answering(*answers)) as backend, Gateway(one_route(backend.url, path="/routed")) as gateway:
            with gateway.client() as client:
                for path in ("/routed", "/routed", "/routed", "/none"):
                    client.send(request("POST", path, body=b"12345")).read_response()
            counted = lambda **labels: gateway.metric("inferway_requests_total", **labels)  # noqa: E731
            eventually(lambda: counted() == 4)
            self.assertEqual(counted(route="all", backend="main", status="200"), 2)
            self.assertEqual(counted(route="all", backend="main", status="503"), 1)
            self.assertEqual(counted(status="404"), 1)
            self.assertEqual(gateway.metric("inferway_errors_total", code="route_not_found"), 1)
            self.assertEqual(gateway.metric("inferway_request_bytes_total", route="all"), 15)
            self.assertEqual(gateway.metric("inferway_response_bytes_total", route="all"), 3)
            self.check_histogram(gateway, "inferway_request_duration_seconds", 3)
            self.check_histogram(gateway, "inferway_first_byte_seconds", 3)
            self.assertEqual(gateway.metric("inferway_upstream_attempts_total", backend="main"), 3)
            self.assertEqual(gateway.metric("inferway_upstream_connects_total", backend="main"), backend.connections)
            reused = gateway.metric("inferway_upstream_reused_total", backend="main")
            self.assertEqual(reused, 3 - backend.connections)

    def check_histogram(self, gateway, name, count):
        samples = gateway.metrics()
        buckets = [(series, value) for series, value in samples.items()
                   if series.startswith(name + "_bucket") and 'route="all"' in series]
        self.assertEqual([v for _, v in buckets], sorted(v for _, v in buckets), "buckets only grow")
        self.assertEqual(buckets[-1][1], count)
        self.assertIn('le="+Inf"', buckets[-1][0])
        self.assertEqual(gateway.metric(name + "_count", route="all"), count)
        self.assertGreater(gateway.metric(name + "_sum", route="all"), 0)

    def test_gauges_follow_what_is_open_and_in_flight(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url)) as gateway:
            gauges = (
                "inferway_requests_in_flight", "inferway_client_connections", "inferway_upstream_in_flight",
            )
            values = lambda: [gateway.metric(name) for name in gauges]  # noqa: E731
            self.assertEqual(values(), [0, 0, 0])
            clients = [self.enterContext(gateway.client()) for _ in range(3)]
            held = []
            for client in clients:
                client.get("/")
                held.append(backend.take_request()[0])
            self.assertEqual(values(), [3, 3, 3])
            pool = lambda state: gateway.metric("inferway_upstream_connections", state=state)  # noqa: E731
            self.assertEqual((pool("active"), pool("idle")), (3, 0))
            for client, connection in zip(clients, held):
                connection.send(json_answer(1))
                client.read_response()
            eventually(lambda: values() == [0, 3, 0])
            eventually(lambda: (pool("active"), pool("idle")) == (0, 3))
            for client in clients:
                client.close()
            eventually(lambda: values() == [0, 0, 0])

    def test_upstream_errors_are_counted_by_cause(self):
        refused = Backend()
        refused.close()
        with Gateway(one_route(refused.url)) as gateway, gateway.client() as client:
            client.get("/").read_response()
            samples = {s: v for s, v in gateway.metrics().items() if s.startswith("inferway_upstream_errors_total") and v}
            self.assertEqual(list(samples.values()), [1.0], samples)
            self.assertIn("connect_failed", next(iter(samples)))

    def test_the_admin_port_is_nobody_s_figure(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway:
            for _ in range(3):
                gateway.admin_get("/ready")
            self.assertEqual(gateway.metric("inferway_client_connections_accepted_total"), 0)
            self.assertEqual(gateway.metric("inferway_requests_total"), 0)


class TokenTest(unittest.TestCase):
    def test_a_token_is_wanted_for_all_but_health(self):
        with Backend() as backend, Gateway(one_route(backend.url, admin={"token": "admin-secret"})) as gateway:
            self.assertEqual(gateway.admin_get("/live").status, 200)
            self.assertEqual(gateway.admin_get("/ready").status, 200)
            for wrong in ((), ("Bearer wrong",), ("Bearer admin-secret2",), ("Bearer admin-secre",), ("admin-secret",),
                          ("Basic admin-secret",), ("Bearer ",)):
                headers = [("Authorization", value) for value in wrong]
                response = gateway.admin_get("/metrics", headers)
                self.assertEqual((response.status, response.header("www-authenticate")), (401, "Bearer"), wrong)
            for right in ("Bearer admin-secret", "bearer admin-secret"):
                self.assertEqual(gateway.admin_get("/metrics", [("Authorization", right)]).status, 200)
            self.assertNotIn("admin-secret", gateway.stderr())

    def test_a_token_is_required_when_the_address_is_not_loopback(self):
        with Backend() as backend:
            config = one_route(backend.url, listen="127.0.0.1:0", admin={"address": "0.0.0.0:0"})
            with self.subTest("refused at start"):
                path = self.enterContext(TemporaryFile(to_yaml(config)))
                status, _, errors = run_inferway("serve", "--config", path)
                self.assertEqual(status, 2, errors)
                self.assertIn("token", errors)
            with self.subTest("with a token"):
                config["admin"]["token"] = "admin-secret"
                with Gateway(config) as gateway:
                    self.assertEqual(gateway.admin_get("/live").status, 200)


class TemporaryFile:
    """A file with this text, by name."""

    def __init__(self, text):
        self._file = tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8")
        self._file.write(text)
        self._file.flush()

    def __enter__(self):
        return self._file.name

    def __exit__(self, *_):
        self._file.close()


if __name__ == "__main__":
    main()
