"""One form of a path is matched, authorised, logged, and sent on: whatever spelling a client chose, and with a rewrite."""

import pathlib
import unittest

from harness import Backend, Gateway, main, one_route, request
from key_callers import CHAT, bearer, key

# (target, what goes upstream); None: refused with 400; 404: no route.
PLAIN = {
    "as it is": ("/open/a", "/open/a"),
    "a slash at the end": ("/open/", "/open/"),
    "runs of slashes": ("//open///a//b", "/open/a/b"),
    "dot segments": ("/x/../open/./a/../b", "/open/b"),
    "above the root": ("/../../open/a", "/open/a"),
    "encoded dots": ("/x/%2e%2E/open/%2e/a", "/open/a"),
    "half encoded dots": ("/x/.%2e/open/a", "/open/a"),
    "slashes before dots": ("/open//../open/a", "/open/a"),
    "encoded letters": ("/%6f%70en/%61", "/open/a"),
    "encoded unreserved characters": ("/open/%2D%2E%5F%7E", "/open/-._~"),
    "hex digits in small letters": ("/open/%c3%a9%3b", "/open/%C3%A9%3B"),
    "an encoded slash": ("/open/a%2fb", "/open/a%2Fb"),
    "an encoded backslash": ("/open/a%5cb", "/open/a%5Cb"),
    "encoded twice": ("/open/%252e%252e%252fshut", "/open/%252e%252e%252fshut"),
    "an encoded question mark": ("/open/a%3Fb", "/open/a%3Fb"),
    "encoded line ends": ("/open/a%0d%0aX:%20b", "/open/a%0D%0AX:%20b"),
    "parameters": ("/open/a;b=c/d;e", "/open/a;b=c/d;e"),
    "delimiters": ("/open/!$&'()*+,;=:@", "/open/!$&'()*+,;=:@"),
    "a query with dots": ("/open/a?/../%2e%2e/shut", "/open/a?/../%2e%2e/shut"),
    "an empty query": ("/open/a?", "/open/a?"),
    "a URL": ("http://other.test/x/../open/%61?b", "/open/a?b"),
    "a URL in capitals": ("HTTP://OTHER.TEST//open/a", "/open/a"),
}
REFUSED = {
    "an encoded slash before dots": "/open/..%2fshut",
    "an encoded slash behind dots": "/open%2f../shut",
    "an encoded backslash before dots": "/open/..%5cshut",
    "encoded dots between encoded slashes": "/open%2F%2e%2e%2Fshut",
    "one dot behind an encoded slash": "/open/a%2f.",
    "dots with a parameter": "/open/..;/shut",
    "dots with a named parameter": "/open/..;a=b/shut",
    "encoded dots with an encoded parameter": "/open/%2e%2e%3B/shut",
    "dots with a parameter behind an encoded slash": "/open/a%2f..;x",
    "an encoded NUL": "/open/a%00",
    "half an encoding": "/open/a%2",
    "an encoding in other digits": "/open/a%u002e",
    "a backslash": "/open\\..\\shut",
    "a brace": "/open/{a}",
    "a URL with dots behind an encoded slash": "http://other.test/open/..%2fshut",
}
CLIMBS = ("/open/../shut", "/open/%2e%2e/shut", "/open/a/../../shut", "/open/..", "/open/.//../shut", "/open//../../shut",
          "http://other.test/open/../shut", "/OPEN/a", "/open%2Fa", "/open;a/b", "/ope%6E;/b")


def route(path, **more):
    return {"name": path.strip("/*"), "match": {"path": path}, "to": [{"backend": "main"}], "retry": {"attempts": 0}, **more}


class PathsTest(unittest.TestCase):
    def gateway(self, base="", **more):
        self.backend = self.enterContext(Backend())
        config = {"backends": {"main": {"endpoints": [self.backend.url + base]}}, "routes": [route("/open/*", **more)]}
        return self.enterContext(Gateway(config))

    def ask(self, gateway, target):
        with gateway.client() as client:
            return client.send(request("GET", target)).read_response()

    def seen(self):
        targets = [one.target for one in self.backend.requests]
        self.backend.requests.clear()
        return targets

    def test_what_was_matched_is_what_goes_upstream(self):
        gateway = self.gateway()
        for name, (target, want) in PLAIN.items():
            with self.subTest(name):
                self.assertEqual(self.ask(gateway, target).status, 200)
                self.assertEqual(self.seen(), [want])
        logged = [record["path"] for record in gateway.access_log(len(PLAIN))]
        self.assertEqual(sorted(logged), sorted(want.split("?")[0] for _, want in PLAIN.values()))

    def test_with_a_rewrite_and_an_endpoint_with_a_path_as_well(self):
        gateway = self.gateway("/base", rewrite="/v1/{path}")
        for name, (target, want) in PLAIN.items():
            with self.subTest(name):
                self.assertEqual(self.ask(gateway, target).status, 200)
                self.assertEqual(self.seen(), ["/base/v1/" + want.removeprefix("/open/")])

    def test_what_could_be_resolved_otherwise_is_refused(self):
        for more in ({}, {"rewrite": "/v1/{path}"}):
            gateway = self.gateway(**more)
            for name, target in REFUSED.items():
                with self.subTest(name):
                    response = self.ask(gateway, target)
                    self.assertEqual((response.status, response.header("x-inferway-error")), (400, "bad_request"))
            self.assertEqual(self.seen(), [])

    def test_the_examples_of_the_docs_are_true(self):
        page = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "strictness.md").read_text(encoding="utf-8")
        examples = [line.split()[:2] for line in page.split("```")[1].strip().split("\n")]
        self.assertGreater(len(examples), 5)
        with Backend() as backend, Gateway(one_route(backend.url)) as gateway:
            for spelling, want in examples:
                with self.subTest(spelling):
                    backend.requests.clear()
                    status = self.ask(gateway, spelling).status
                    self.assertEqual(str(status) if status != 200 else backend.requests[0].target, want)

    def test_no_spelling_climbs_out_of_a_prefix(self):
        gateway = self.gateway(rewrite="/v1/{path}")
        for target in CLIMBS:
            with self.subTest(target):
                self.assertEqual(self.ask(gateway, target).status, 404)
        self.assertEqual(self.seen(), [])

    def test_a_key_s_models_are_those_of_the_one_form(self):
        models = "/v1beta/models/"
        with Backend() as backend:
            config = {
                "backends": {"main": {"endpoints": [backend.url]}},
                "keys": {"required": True, "static": [key("one", CHAT, models=["open"])]},
                "routes": [route("/v1beta/*")],
            }
            with Gateway(config) as gateway, gateway.client() as client:
                for target, status in (
                    (models + "open:generateContent", 200),
                    (models + "shut:x/../open:generateContent", 200),
                    (models + "shut:generateContent", 403),
                    (models + "open:x/../shut:generateContent", 403),
                    (models + "open:x/%2e%2e/shut:generateContent", 403),
                    (models + "%73hut:generateContent", 403),
                    ("//v1beta//models//shut:generateContent", 403),
                    ("http://x.test" + models + "shut:generateContent", 403),
                    (models + "shut%3AgenerateContent", 403),
                    (models + "open:x/..;/shut:generateContent", 400),
                    (models + "open%2f..%2fshut:generateContent", 400),
                ):
                    with self.subTest(target):
                        client.send(request("POST", target, bearer(CHAT), b"{}"))
                        response = client.read_response()
                        self.assertEqual(response.status, status, response)
            self.assertEqual({one.target for one in backend.requests}, {models + "open:generateContent"})


if __name__ == "__main__":
    main()
