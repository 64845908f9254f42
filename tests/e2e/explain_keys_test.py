"""What `inferway explain` says about callers' keys and lists of models is what the running gateway does."""

import hashlib
import json
import tempfile
import unittest

from explain_test import form, head_lines, raw
from harness import Backend, Gateway, main, run_inferway

ALL, SOME = "sk-all-models", "sk-only-llama"
CHAT = "/v1/chat/completions"


def bearer(key):
    return ("Authorization", f"Bearer {key}")


def static(name, key, **more):
    return {"name": name, "sha256": hashlib.sha256(key.encode()).hexdigest(), **more}


def config(url):
    return {
        "keys": {"required": True, "static": [static("all", ALL), static("some", SOME, models=["llama-*"])]},
        "backends": {"main": {"endpoints": [url], "pass_headers": ["Authorization", "X-Api-Key"]}},
        "routes": [
            {"name": "chat", "match": {"path": CHAT, "model": "llama-1"}, "to": [{"backend": "main"}]},
            {"name": "other", "match": {"path": CHAT, "model": "other"}, "to": [{"backend": "main"}]},
            {"name": "live", "match": {"path": "/v1/realtime"}, "to": [{"backend": "main"}]},
            {"name": "open", "match": {"path": "/open"}, "to": [{"backend": "main"}], "auth": False},
            {"name": "files", "match": {"path": "/v1/files"}, "to": [{"backend": "main"}]},
        ],
    }


def chat(model):
    return json.dumps({"model": model}).encode()


# name: (method, target, headers, body)
REQUESTS = {
    "no key": ("POST", CHAT, [], chat("llama-1")),
    "an unknown key": ("POST", CHAT, [bearer("sk-what")], chat("llama-1")),
    "no key for no route": ("GET", "/nowhere", [], None),
    "a key for no route": ("GET", "/nowhere", [bearer(ALL)], None),
    "a key": ("POST", CHAT, [bearer(ALL)], chat("llama-1")),
    "a key in another place": ("POST", CHAT, [("x-api-key", ALL)], chat("llama-1")),
    "two keys": ("POST", CHAT, [("x-api-key", ALL), ("x-api-key", SOME)], chat("llama-1")),
    "an allowed model": ("POST", CHAT, [bearer(SOME)], chat("llama-1")),
    "a forbidden model": ("POST", CHAT, [bearer(SOME)], chat("other")),
    "an open route": ("POST", "/open", [], chat("other")),
    "an open route with a restricted key": ("POST", "/open", [bearer(SOME)], chat("other")),
    "an open route with an unknown key": ("POST", "/open", [bearer("sk-what")], chat("other")),
    "a restricted key and an upload that names no model": ("POST", "/v1/files", [bearer(SOME)], b'{"purpose":"batch"}'),
    "a restricted key and a form": (
        "POST", "/v1/files", [bearer(SOME), ("Content-Type", "multipart/form-data; boundary=b")], form("other")),
    "a restricted key and no body": ("GET", "/v1/files", [bearer(SOME)], None),
    "the list of models": ("GET", "/v1/models", [bearer(SOME)], None),
    "the list of models without a key": ("GET", "/v1/models", [], None),
    "a model": ("GET", "/v1/models/llama-1", [bearer(SOME)], None),
    "a model that the key may not use": ("GET", "/v1/models/other", [bearer(SOME)], None),
    "models in Gemini's way": ("GET", "/v1beta/models", [bearer(ALL)], None),
    "models in a wrong way": ("POST", "/v1/models", [bearer(ALL)], None),
}  # fmt: skip


class ExplainKeysTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(Backend())
        cls.gateway = cls.enterClassContext(Gateway(config(cls.backend.url)))

    def explain(self, method, target, headers, body):
        arguments = ["--config", str(self.gateway.config_path), "--format", "json"]
        for line in ["Host: gateway.test", *head_lines(headers)]:
            arguments += ["--header", line]
        with tempfile.NamedTemporaryFile() as file:
            if body is not None:
                file.write(body)
                file.flush()
                arguments += ["--body", file.name]
            status, out, errors = run_inferway("explain", *arguments, method, target)
        self.assertEqual(errors, "")
        self.assertNotIn("sk-", out)
        return status, json.loads(out)

    def test_it_says_what_the_gateway_does(self):
        for count, (name, what) in enumerate(REQUESTS.items(), 1):
            with self.subTest(name):
                status, said = self.explain(*what)
                before = len(self.backend.requests)
                with self.gateway.client() as client:
                    response = client.send(raw(*what)).read_response()
                record = self.gateway.access_log(count)[-1]
                code = response.header("x-inferway-error")
                self.assertEqual((said["refused"] or {}).get("code"), code)
                self.assertEqual((said["refused"] or {"status": 200})["status"], response.status)
                self.assertEqual(status, 1 if code else 0)
                self.assertEqual((said["route"] or {}).get("name"), record["route"] if not code else None)
                self.assertEqual(said["answered"], "models" if not code and record["route"] is None else None)
                self.assertEqual(said["request"]["key"], record["key"])
                if len(self.backend.requests) > before:
                    wrote = said["to"][0]["endpoints"][0]["request"]["headers"]
                    got = self.backend.requests[-1].headers
                    self.assertEqual([name for name, _ in wrote], [name for name, _ in got])


if __name__ == "__main__":
    main()
