"""The admin API under /api/: JSON, a token where there is one, and nothing that a foreign page could make a browser do.
What POST /api/reload does is in reload_test.py."""

import unittest
import urllib.parse

from harness import Backend, Client, Gateway, main, one_route, request
from held_backend import HeldBackend


class ApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(HeldBackend())
        cls.gateway = cls.enterClassContext(Gateway(one_route(cls.backend.url, {"url": "http://127.0.0.1:1/v1", "weight": 7})))

    def ask(self, method, path, headers=()):
        response = self.gateway.admin_get(path, headers, method)
        self.assertEqual(response.header("content-type"), "application/json")
        return response

    def test_backends_are_told_with_their_endpoints(self):
        backends = self.ask("GET", "/api/backends").json()["backends"]
        self.assertEqual([backend["name"] for backend in backends], ["main"])
        self.assertEqual(backends[0]["api"], "openai")
        self.assertEqual([(endpoint["url"], endpoint["weight"]) for endpoint in backends[0]["endpoints"]],
                         [(self.backend.url, 1), ("http://127.0.0.1:1/v1", 7)])

    def test_an_endpoint_is_drained_by_its_place_or_its_url_and_stays_so(self):
        states = lambda gateway: [endpoint["admin"] for endpoint in  # noqa: E731
                                  gateway.admin_get("/api/backends").json()["backends"][0]["endpoints"]]
        with Backend() as one, Backend() as two, Gateway(one_route(one.url, two.url)) as gateway:
            at = "/api/backends/main/endpoints/"
            url = urllib.parse.quote(one.url, safe="")
            usual = states(gateway)
            self.assertEqual(gateway.admin_post(f"{at}{url}/drain").json()["changed"], True)
            self.assertEqual(gateway.admin_post(f"{at}0/drain").json()["changed"], False)
            drained = states(gateway)
            self.assertEqual((drained[0] != usual[0], drained[1]), (True, usual[1]))
            gateway.reload(one_route(two.url, one.url, route={"name": "other"}))
            self.assertEqual(states(gateway), drained[::-1])
            with gateway.client() as client:
                for _ in range(20):
                    client.get("/").read_response()
            self.assertEqual((len(one.requests), len(two.requests)), (0, 20))
            self.assertEqual(gateway.admin_post(f"{at}{url}/enable").status, 200)
            self.assertEqual(states(gateway), usual)
            for path in ("main/endpoints/9/drain", "none/endpoints/0/drain", "main/endpoints/x/drain"):
                self.assertEqual(gateway.admin_post(f"/api/backends/{path}").status, 404)

    def test_other_paths_and_methods_are_refused(self):
        for method, path, status, allow in (
            ("GET", "/api/nothing", 404, None),
            ("POST", "/api/", 404, None),
            ("GET", "/api/backends/main", 404, None),
            ("POST", "/api/backends/main/endpoints/0/explode", 404, None),
            ("POST", "/api/backends/main/endpoints//drain", 404, None),
            ("POST", "/api/backends/main/endpoints/0/drain/", 404, None),
            ("POST", "/api/backends/main/endpoints/%zz/drain", 404, None),
            ("POST", "/api/backends", 405, "GET, HEAD"),
            ("GET", "/api/reload", 405, "POST"),
            ("PUT", "/api/reload", 405, "POST"),
            ("GET", "/api/backends/main/endpoints/0/drain", 405, "POST"),
        ):
            with self.subTest(f"{method} {path}"):
                response = self.ask(method, path)
                self.assertEqual((response.status, response.header("allow")), (status, allow))
                self.assertIn("message", response.json()["error"])

    def test_a_foreign_page_is_refused(self):
        for headers in ([("Origin", "https://evil.example")], [("Sec-Fetch-Site", "cross-site")],
                        [("Origin", "http://gateway.test")]):  # the name in Host, but not this machine's
            response = self.gateway.admin_post("/api/reload", headers)
            self.assertEqual((response.status, response.json()["error"]["code"]), (403, "forbidden"), headers)
        own = [("Host", "localhost:9901"), ("Origin", "http://localhost:9901"), ("Sec-Fetch-Site", "same-origin")]
        self.assertEqual(self.gateway.admin_post("/api/reload", own).status, 200)

    def test_what_is_sent_along_is_not_looked_at(self):
        response = self.gateway.admin_post("/api/reload", [("Content-Type", "application/json")], b'{"a":1}')
        self.assertEqual(response.status, 200)
        with Client(self.gateway.admin_port) as client:
            client.send(request("POST", "/api/reload", [("Content-Length", "1000000")], host="localhost"))  # and never sends it
            self.assertEqual(client.read_response().status, 200)

    def test_nothing_of_it_is_on_the_data_port(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url, path="/v1/*")) as gateway:
            with gateway.client() as client:
                response = client.send(request("POST", "/api/reload")).read_response()
                self.assertEqual(response.header("x-inferway-error"), "route_not_found")


class TokenTest(unittest.TestCase):
    def test_the_token_is_wanted(self):
        with Backend() as backend, Gateway(one_route(backend.url, admin={"token": "admin-secret"})) as gateway:
            for method, path in (("POST", "/api/reload"), ("GET", "/api/backends"), ("GET", "/api/nothing")):
                response = gateway.admin_get(path, method=method)
                self.assertEqual((response.status, response.header("www-authenticate")), (401, "Bearer"))
                self.assertEqual(response.json()["error"]["code"], "unauthorized")
            bearer = [("Authorization", "Bearer admin-secret")]
            self.assertEqual(gateway.admin_get("/api/backends", bearer).status, 200)
            self.assertEqual(gateway.admin_get("/api/reload", bearer, "POST").status, 200)


if __name__ == "__main__":
    main()
