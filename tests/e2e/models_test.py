"""The models resource that the gateway answers itself, from its routes, where no route claims it."""

import hashlib
import pathlib
import re
import unittest

from harness import Backend, Gateway, answering, json_answer, main, request

ANTHROPIC = [("anthropic-version", "2023-06-01")]
KEY, ALL = "sk-some-41", "sk-all-42"


def key(name, secret, **more):
    return {"name": name, "sha256": hashlib.sha256(secret.encode()).hexdigest(), **more}


def bearer(secret):
    return [("Authorization", f"Bearer {secret}")]


def route(model=None, path="/v1/chat/completions", **more):
    match = {"path": path, **({"model": model} if model else {})}
    return {"match": match, "to": [{"backend": "main"}], "retry": {"attempts": 0}, **more}


NAMES = ["z-chat", "a/b:c.d", "llama3:latest", "ünï \"quoted\""]
ROUTES = [
    route(NAMES[0]), route("glob-*"), route(NAMES[1]), route(NAMES[0], "/v1/embeddings"), route(NAMES[2]), route("*x"),
    route(path="/v1/files"), route(NAMES[3]),
]


class ModelsTestCase(unittest.TestCase):
    def start(self, *routes, **top):
        self.backend = self.enterContext(Backend(answering(lambda got: json_answer({"backend": got.target}))))
        config = {"backends": {"main": {"endpoints": [self.backend.url]}}, "routes": list(routes or ROUTES), "threads": 1, **top}
        self.gateway = self.enterContext(Gateway(config))
        return self.gateway

    def ask(self, path, headers=(), method="GET"):
        with self.gateway.client() as client:
            return client.send(request(method, path, headers)).read_response(method == "HEAD")

    def json(self, path, headers=(), status=200):
        response = self.ask(path, headers)
        self.assertEqual(response.status, status, response)
        self.assertEqual(response.header("content-type"), "application/json")
        self.assertIsNotNone(response.header("x-request-id"))
        return response.json()

    def names(self, headers=()):
        return [model["id"] for model in self.json("/v1/models", headers)["data"]]


class OpenAiTest(ModelsTestCase):
    def test_lists_exact_names_once_each_in_the_order_of_the_file(self):
        self.start()
        value = self.json("/v1/models")
        self.assertEqual(set(value), {"object", "data"})
        self.assertEqual(value["object"], "list")
        self.assertEqual([model["id"] for model in value["data"]], NAMES)
        for model in value["data"]:
            self.assertIsInstance(model["created"], int)
            self.assertEqual({**model, "created": 0}, {"id": model["id"], "object": "model", "created": 0, "owned_by": "inferway"})
        self.assertEqual(self.backend.requests, [])

    def test_finds_one_by_its_name_raw_or_encoded(self):
        self.start()
        rows = [
            ("z-chat", NAMES[0]), ("a/b:c.d", NAMES[1]), ("a%2Fb%3Ac.d", NAMES[1]), ("a%2fb:c%2Ed", NAMES[1]),
            ("llama3:latest", NAMES[2]), ("%C3%BCn%C3%AF%20%22quoted%22", NAMES[3]), ("z-chat?x=y", NAMES[0]),
        ]
        for written, name in rows:
            with self.subTest(written):
                value = self.json(f"/v1/models/{written}")
                self.assertEqual((value["id"], value["object"]), (name, "model"))

    def test_what_is_not_there_is_not_found(self):
        self.start()
        for written in ("nobody", "Z-CHAT", "glob-x", "glob-*", "a%252Fb:c.d", "a", "z-chat/"):
            with self.subTest(written):
                value = self.json(f"/v1/models/{written}", status=404)
                self.assertEqual((value["error"]["code"], value["error"]["type"]), ("model_not_found", "invalid_request_error"))
        for path in ("/v1/models/", "/v1/modelsx", "/v1/model"):
            with self.subTest(path):
                self.assertEqual(self.json(path, status=404)["error"]["code"], "route_not_found")

    def test_head_is_get_without_a_body(self):
        self.start()
        for path, status in (("/v1/models", 200), ("/v1/models/z-chat", 200), ("/v1/models/nobody", 404)):
            with self.subTest(path):
                head, get = self.ask(path, method="HEAD"), self.ask(path)
                self.assertEqual((head.status, head.body), (status, b""))
                self.assertEqual(head.header("content-length"), get.header("content-length"))

    def test_other_methods_are_as_ever(self):
        self.start()
        for method in ("POST", "DELETE", "OPTIONS", "PUT"):
            with self.subTest(method):
                response = self.ask("/v1/models/z-chat", method=method)
                self.assertEqual((response.status, response.header("x-inferway-error")), (404, "route_not_found"))

    def test_a_connection_goes_on_after_an_answer(self):
        self.start()
        with self.gateway.client() as client:
            for _ in range(3):
                self.assertEqual(client.get("/v1/models").read_response().status, 200)

    def test_without_exact_names_the_list_is_empty(self):
        self.start(route("*"), route(path="/v1/files"))
        self.assertEqual(self.names(), [])
        self.assertEqual(self.json("/v1/models", ANTHROPIC), {"data": [], "has_more": False, "first_id": None, "last_id": None})
        self.assertEqual(self.json("/v1beta/models"), {"models": []})

    def test_one_record_is_written(self):
        self.start()
        response = self.ask("/v1/models/z-chat", [("X-Request-Id", "mine")])
        self.ask("/v1/models/nobody")
        found, missing = self.gateway.access_log(2)
        self.assertEqual(response.header("x-request-id"), "mine")
        wants = {"method": "GET", "path": "/v1/models/z-chat", "route": None, "backend": None, "model": "z-chat", "status": 200,
                 "attempts": 0, "error": None, "bytes_out": len(response.body), "request_id": "mine", "key": None}
        self.assertEqual({name: found[name] for name in wants}, wants)
        self.assertEqual((missing["status"], missing["error"], missing["model"]), (404, "model_not_found", "nobody"))
        self.assertEqual(self.gateway.metric("inferway_requests_total", route="", status="200"), 1)


class ClaimedTest(ModelsTestCase):
    def test_a_route_that_matches_goes_first(self):
        rows = [
            (route(path="/v1/models"), "/v1/models", True),
            (route(path="/v1/models"), "/v1/models/m", False),
            (route(path="/v1/*"), "/v1/models", True),
            (route(path="/v1/*"), "/v1beta/models", False),
            (route("m", "/v1/*"), "/v1/models", False),  # wants a model, and none is named
            (route("m", "/v1/*"), "/v1/models/m", False),
            (route("m", "/v1/*"), "/v1/models?model=m", True),
            (route("m", "/v1beta/*"), "/v1beta/models/m", True),  # names it in its path
            (route("m", "/v1beta/*"), "/v1beta/models/other", False),
            ({**route(), "match": {"path": "/v1/models", "method": "POST"}}, "/v1/models", False),
            ({**route(), "match": {"path": "/v1/models", "headers": {"x-team": "a"}}}, "/v1/models", False),
        ]
        for claim, path, claimed in rows:
            with self.subTest((claim["match"], path)):
                self.start(claim, route("m", "/v1/chat/completions"))
                self.assertEqual("backend" in self.ask(path).json(), claimed)


class AnthropicTest(ModelsTestCase):
    def page(self, query, status=200):
        return self.json(f"/v1/models{query}", ANTHROPIC, status)

    def test_has_its_own_shape(self):
        self.start()
        value = self.page("")
        self.assertEqual({name: value[name] for name in ("has_more", "first_id", "last_id")},
                         {"has_more": False, "first_id": NAMES[0], "last_id": NAMES[3]})
        self.assertEqual([model["id"] for model in value["data"]], NAMES)
        self.assertEqual((value["data"][0]["type"], value["data"][0]["display_name"]), ("model", NAMES[0]))
        self.assertRegex(value["data"][0]["created_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(self.json("/v1/models/a%2Fb:c.d", ANTHROPIC), value["data"][1])

    def test_pages(self):
        names = [f"m{i}" for i in range(25)]
        self.start(*[route(name) for name in names])
        rows = [
            ("", names[:20], True), ("?limit=3", names[:3], True), ("?limit=25", names, False),
            ("?limit=3&after_id=m2", names[3:6], True), ("?limit=3&after_id=m21", names[22:], False),
            ("?after_id=m24", [], False), ("?limit=3&before_id=m6", names[3:6], True),
            ("?limit=3&before_id=m3", names[:3], False), ("?before_id=m0", [], False), ("?limit=", names[:20], True),
        ]
        for query, want, more in rows:
            with self.subTest(query):
                value = self.page(query)
                self.assertEqual(([model["id"] for model in value["data"]], value["has_more"]), (want, more))
        for query in ("?limit=0", "?limit=-1", "?limit=x", "?limit=1001", "?after_id=nobody", "?after_id=m1&before_id=m3", "?limit=1&limit=2"):
            with self.subTest(query):
                value = self.page(query, 400)
                self.assertEqual((value["type"], value["error"]["type"]), ("error", "invalid_request_error"))

    def test_errors_are_anthropic_s(self):
        self.start()
        value = self.json("/v1/models/nobody", ANTHROPIC, 404)
        self.assertEqual((value["type"], value["error"]["type"]), ("error", "not_found_error"))

    def test_its_version_on_a_path_of_nobody_s_has_its_errors(self):
        self.start()
        self.assertEqual(self.json("/v1/nowhere", ANTHROPIC, 404)["error"]["type"], "not_found_error")
        self.assertEqual(self.json("/v1/embeddings", ANTHROPIC, 404)["error"]["code"], "model_not_found")


class GeminiTest(ModelsTestCase):
    def test_has_its_own_shape(self):
        self.start()
        value = self.json("/v1beta/models?key=dummy")
        self.assertEqual([model["name"] for model in value["models"]], [f"models/{name}" for name in NAMES])
        self.assertEqual(value["models"][0], {"name": "models/z-chat", "displayName": "z-chat",
                                              "supportedGenerationMethods": ["generateContent", "countTokens"]})
        self.assertNotIn("nextPageToken", value)
        self.assertEqual(self.json("/v1beta/models/llama3:latest"), value["models"][2])
        self.assertEqual(self.json("/v1beta/models/a%2Fb:c.d"), value["models"][1])

    def test_pages_lead_through_the_list(self):
        names = [f"m{i}" for i in range(120)]
        self.start(*[route(name) for name in names])
        for size, pages in (("", 3), ("pageSize=0&", 3), ("pageSize=7&", 18), ("pageSize=5000&", 1)):
            with self.subTest(size):
                seen, token, count = [], "", 0
                while token is not None:
                    value = self.json(f"/v1beta/models?{size}pageToken={token}")
                    seen += [model["displayName"] for model in value["models"]]
                    token = value.get("nextPageToken")
                    count += 1
                self.assertEqual((seen, count), (names, pages))
        for query in ("pageSize=x", "pageSize=-1", "pageToken=x", "pageToken=121", "pageToken=99999999999999999999"):
            with self.subTest(query):
                self.assertEqual(self.json(f"/v1beta/models?{query}", status=400)["error"]["status"], "INVALID_ARGUMENT")

    def test_errors_are_gemini_s(self):
        self.start()
        value = self.json("/v1beta/models/nobody", status=404)
        self.assertEqual((value["error"]["code"], value["error"]["status"]), (404, "NOT_FOUND"))


class KeysTest(ModelsTestCase):
    KEYS = [key("some", KEY, models=["a/*", "llama3:latest", "glob-*"]), key("all", ALL)]

    def test_a_key_is_needed_where_keys_are(self):
        self.start(keys={"required": True, "static": self.KEYS})
        rows = [
            ("/v1/models", (), lambda value: value["error"]["code"], "missing_api_key"),
            ("/v1/models/z-chat", bearer("sk-other"), lambda value: value["error"]["code"], "invalid_api_key"),
            ("/v1/models", ANTHROPIC, lambda value: value["error"]["type"], "authentication_error"),
            ("/v1beta/models", (), lambda value: value["error"]["status"], "UNAUTHENTICATED"),
        ]
        for path, headers, part, want in rows:
            with self.subTest((path, headers)):
                response = self.ask(path, headers)
                self.assertEqual((response.status, response.header("www-authenticate")), (401, "Bearer"))
                self.assertEqual(part(response.json()), want)

    def test_a_key_sees_what_it_may_use(self):
        self.start(keys={"required": True, "static": self.KEYS})
        self.assertEqual(self.names(bearer(ALL)), NAMES)
        self.assertEqual(self.names([("x-api-key", KEY)]), [NAMES[1], NAMES[2]])
        value = self.json("/v1/models", [*ANTHROPIC, ("x-api-key", KEY)])
        self.assertEqual((value["first_id"], value["last_id"], len(value["data"])), (NAMES[1], NAMES[2], 2))
        value = self.json("/v1beta/models", [("x-goog-api-key", KEY)])
        self.assertEqual([model["displayName"] for model in value["models"]], [NAMES[1], NAMES[2]])
        self.assertEqual(self.json("/v1/models/llama3:latest", bearer(KEY))["id"], NAMES[2])
        value = self.json("/v1/models/z-chat", bearer(KEY), 404)  # as if it were not there
        self.assertEqual(value["error"]["code"], "model_not_found")
        self.assertEqual(self.gateway.access_log(6)[0]["key"], "all")

    def test_keys_that_are_not_needed_narrow_the_list_all_the_same(self):
        self.start(keys={"static": self.KEYS})
        self.assertEqual(self.names(), NAMES)
        self.assertEqual(self.names(bearer("sk-dummy")), NAMES)
        self.assertEqual(self.names(bearer(KEY)), [NAMES[1], NAMES[2]])

    def test_who_has_no_key_does_not_see_models_that_need_one(self):
        self.start(route("free"), route("dear", auth=True), route("both", auth=True), route("both", "/v1/embeddings"),
                   keys={"static": self.KEYS})
        self.assertEqual(self.names(), ["free", "both"])
        self.assertEqual(self.names(bearer(ALL)), ["free", "dear", "both"])
        self.assertEqual(self.json("/v1/models/dear", status=404)["error"]["code"], "model_not_found")


class ExampleTest(unittest.TestCase):
    def test_the_page_about_models_works_as_it_is_written(self):
        page = (pathlib.Path(__file__).resolve().parents[2] / "docs/models.md").read_text()
        config = re.search(r"```yaml\n(.*?)```", page, re.DOTALL).group(1)
        config += 'listen: 127.0.0.1:0\nadmin: {address: "127.0.0.1:0"}\nlog: {access: "${ACCESS_LOG}"}\n'
        calls = re.findall(r"^curl http://127.0.0.1:8080(\S+) +# ([^\n]*)", page, re.MULTILINE)
        self.assertEqual(len(calls), 2)
        with Gateway(config) as gateway, gateway.client() as client:
            names = [model["id"] for model in client.get(calls[0][0]).read_response().json()["data"]]
            self.assertEqual(", ".join(names), calls[0][1])
            for path in (calls[1][0], calls[1][0].replace("%2F", "/")):
                self.assertEqual(client.get(path).read_response().json()["id"], names[1])


if __name__ == "__main__":
    main()
