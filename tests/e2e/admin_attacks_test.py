"""The admin port is as strict as the data port, and does nothing that a page in an operator's browser could ask for."""

import unittest

import hostile_bodies
import hostile_heads
from flooding import GROWTH, resident_bytes
from harness import Backend, Client, Gateway, eventually, main, one_route, request

HEADS = {name: raw for family in hostile_heads.HEADS.values() for name, raw in family.items()}
BODIES = {name: raw for family in hostile_bodies.BODIES.values() for name, raw in family.items()}
MAX_CONNECTIONS = 256  # docs/limits.md
CHECKED = ("/", "/api/backends", "/api/nothing", "/nothing")
UNCHECKED = ("/live", "/ready", "/metrics")
OWN_NAMES = ("localhost", "LOCALHOST:9901", "127.0.0.1", "127.0.0.1:9901", "127.1.2.3", "[::1]", "[::1]:9901")
OTHER_NAMES = (
    "evil.example", "evil.example:9901", "localhost.evil.example", "127.0.0.1.evil.example", "127.evil.example",
    "xlocalhost", "localhost.", "0.0.0.0", "[::ffff:127.0.0.1]", "[::]", "2130706433", "0x7f.1", "10.0.0.1",
)
SECURITY = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class AdminAttacksTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(Backend())
        cls.gateway = cls.enterClassContext(Gateway(one_route(cls.backend.url)))

    def test_a_name_that_was_made_to_lead_here_reads_and_does_nothing(self):
        for name in OTHER_NAMES:
            for path in CHECKED:
                with self.subTest(name, path=path):
                    response = self.gateway.admin_get(path, [("Host", name)])
                    self.assertEqual(response.status, 403)
                    self.assertIn(b"Host", response.body)
            with self.subTest(name, path="/api/reload"):
                self.assertEqual(self.gateway.admin_post("/api/reload", [("Host", name)]).status, 403)
            for path in UNCHECKED:
                with self.subTest(name, path=path):
                    self.assertEqual(self.gateway.admin_get(path, [("Host", name)]).status, 200)
        for name in OWN_NAMES:
            with self.subTest(name):
                self.assertEqual(self.gateway.admin_get("/api/backends", [("Host", name)]).status, 200)

    def test_the_name_in_a_target_that_is_a_url_is_checked_like_host(self):
        for name, status in (("localhost", 200), ("evil.example", 403)):
            response = self.gateway.admin_get(f"http://{name}/api/backends", [("Host", "localhost")])
            self.assertEqual(response.status, status)

    def test_a_form_or_script_of_another_page_does_nothing(self):
        origin = lambda text: [("Origin", text)]  # noqa: E731
        rows = {
            "a form": [*origin("https://evil.example"), ("Content-Type", "application/x-www-form-urlencoded")],
            "a script without preflight": [*origin("https://evil.example"), ("Content-Type", "text/plain")],
            "a frame without origin": origin("null"),
            "another port": origin("http://localhost:3000"),
            "another scheme": origin("file://"),
            "our name in front": origin("http://localhost.evil.example"),
            "an image": [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")],
            "a sister site": [("Sec-Fetch-Site", "same-site")],
            "a site that is unknown": [("Sec-Fetch-Site", "x")],
        }
        for name, headers in rows.items():
            for method, path in (("POST", "/api/reload"), ("POST", "/api/backends/main/endpoints/0/drain"),
                                 ("GET", "/api/backends"), ("OPTIONS", "/api/reload")):
                with self.subTest(name, path=path):
                    response = self.gateway.admin_get(path, headers, method)
                    self.assertEqual(response.status, 403)
                    self.assertEqual([h for h, _ in response.headers if h.lower().startswith("access-control")], [])

    def test_every_answer_bears_what_keeps_browsers_from_harm(self):
        for method, path in (("GET", "/"), ("GET", "/live"), ("GET", "/ready"), ("GET", "/metrics"), ("GET", "/none"),
                             ("POST", "/"), ("GET", "/api/backends"), ("GET", "/api/none"), ("PUT", "/api/reload"),
                             ("POST", "/api/reload")):
            with self.subTest(f"{method} {path}"):
                response = self.gateway.admin_get(path, method=method)
                for name, value in SECURITY.items():
                    self.assertEqual(response.headers_named(name), [value])

    def test_what_two_parsers_could_read_differently_is_refused_here_too(self):
        for name, raw in HEADS.items():
            with self.subTest(name), Client(self.gateway.admin_port) as client:
                client.try_send(raw)
                self.assertEqual(client.read_response().status, 400)
                self.assertEqual(client.read_until_close(), b"", "a second answer")

    def test_a_body_with_doubtful_chunks_ends_the_connection(self):
        for name, raw in BODIES.items():
            with self.subTest(name), Client(self.gateway.admin_port) as client:
                client.try_send(raw.replace(b"/v1/chat/completions", b"/api/none").replace(b"gateway.test", b"localhost"))
                self.assertIn(client.read_response().status, (400, 404))
                self.assertEqual(client.read_until_close(), b"", "a second answer")

    def test_other_spellings_of_a_path_are_other_paths(self):
        for path in ("//api/backends", "/api//backends", "/api/./backends", "/x/../api/backends", "/api/backends/",
                     "/api/backends;a", "/%61pi/backends", "/API/backends"):
            with self.subTest(path):
                self.assertEqual(self.gateway.admin_get(path).status, 404)


class TokenTest(unittest.TestCase):
    def test_with_a_token_any_name_will_do_and_other_pages_still_do_not(self):
        with Backend() as backend, Gateway(one_route(backend.url, admin={"token": "admin-secret"})) as gateway:
            bearer = ("Authorization", "Bearer admin-secret")
            for headers, status in (([("Host", "gateway.internal")], 200), ([("Host", "evil.example")], 200),
                                    ([("Origin", "https://evil.example")], 403)):
                self.assertEqual(gateway.admin_get("/api/backends", [bearer, *headers]).status, status)
                self.assertEqual(gateway.admin_get("/api/backends", headers).status, 401, "and nothing without it")
            for spoilt in ("Bearer admin-secreT", "Bearer admin-secret x", "Bearer admin-secret\x85", "Basic x", "Bearer"):
                self.assertEqual(gateway.admin_get("/api/backends", [("Authorization", spoilt)]).status, 401)
            twice = gateway.admin_get("/api/backends", [bearer, ("Authorization", "Bearer x")])
            self.assertEqual(twice.status, 400)


class SlowClientTest(unittest.TestCase):
    TIMEOUTS = {"header": "300ms", "keep_alive": "300ms", "write": "300ms"}

    def test_a_head_that_stops_is_answered_408_and_a_resting_connection_closed(self):
        with Backend() as backend, Gateway(one_route(backend.url, timeouts=self.TIMEOUTS)) as gateway:
            with Client(gateway.admin_port) as client:
                client.send(b"GET /live HTTP/1.1\r\nHost: local")
                self.assertEqual(client.read_response().status, 408)
                self.assertTrue(client.closed_by_peer())
            with Client(gateway.admin_port) as client:
                client.get("/live").read_response()
                self.assertTrue(client.closed_by_peer())

    def test_a_body_is_not_read_and_what_is_sent_for_ever_let_go(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway:
            before = resident_bytes(gateway.pid)
            with Client(gateway.admin_port) as client:
                client.send(request("POST", "/api/reload", [("Content-Length", str(1 << 40))], host="localhost"))
                self.assertEqual(client.read_response().status, 200)
                sent = 0
                while sent < 200_000_000 and client.try_send(b"x" * 65536):
                    sent += 65536
                self.assertLess(sent, 200_000_000)
            self.assertLess(resident_bytes(gateway.pid) - before, GROWTH)

    def test_more_connections_than_a_port_for_operators_needs_are_turned_away(self):
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway:
            clients = [self.enterContext(Client(gateway.admin_port)) for _ in range(MAX_CONNECTIONS)]
            for client in clients:
                client.get("/live").read_response()
            with Client(gateway.admin_port) as client:
                response = client.read_response()
                self.assertEqual((response.status, response.header("x-inferway-error")), (503, "overloaded"))
            with gateway.client() as client:
                self.assertEqual(client.get("/").read_response().status, 200, "the data port is none of it")
            for client in clients:
                client.close()
            eventually(lambda: gateway.admin_get("/live").status == 200)


if __name__ == "__main__":
    main()
