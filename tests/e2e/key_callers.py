"""Callers with keys of their own and a gateway that knows them; whatever is told, no key may stand in it."""

import hashlib
import json
import unittest

from harness import Backend, Gateway, answering, json_answer, request

# What a client is told must never hold one of these, nor must a log or a metric.
ALL, CHAT, SLOW, UNKNOWN = "sk-all-1f3a", "sk-chat-77b0", "sk-slow-9c2e", "sk-unknown-00"


def key(name, secret, **more):
    return {"name": name, "sha256": hashlib.sha256(secret.encode()).hexdigest(), **more}


KEYS = [key("all", ALL), key("chat", CHAT, models=["chat-*", "exact"]), key("slow", SLOW, rpm=3)]

MISSING, INVALID = (401, "missing_api_key"), (401, "invalid_api_key")
FORBIDDEN, LIMITED = (403, "model_not_allowed"), (429, "rate_limit_exceeded")
FINE = (200, None)


def bearer(secret):
    return [("Authorization", f"Bearer {secret}")]


def route(name, path, model=None, **more):
    match = {"path": path, **({"model": model} if model else {})}
    return {"name": name, "match": match, "to": [{"backend": "main"}], "retry": {"attempts": 0}, **more}


def body(model=None, **more):
    return json.dumps({**({"model": model} if model else {}), **more}).encode()


class KeysTestCase(unittest.TestCase):
    def start(self, *routes, required=True, keys=None, backend=None, **top):
        self.backend = self.enterContext(Backend(answering(lambda got: json_answer({"target": got.target}))))
        config = {
            "backends": {"main": {"endpoints": [self.backend.url], **(backend or {})}},
            "routes": list(routes) or [route("all", "/v1/*")],
            "keys": {"required": required, "static": KEYS if keys is None else keys},
            "threads": 1,  # so that records stand in the order of the requests
            **top,
        }
        self.gateway = self.enterContext(Gateway(config))
        self.addCleanup(self.check_secrets)
        return self.gateway

    def check_secrets(self):
        """No key in a log, once it is written to its end."""
        if self.gateway.process.poll() is None:
            self.gateway.stop()
        texts = [self.gateway.stderr()]
        if self.gateway.access_log_path.exists():
            texts.append(self.gateway.access_log_path.read_text())
        for text in texts:
            for secret in (ALL, CHAT, SLOW, UNKNOWN):
                self.assertNotIn(secret, text)

    def ask(self, method="GET", path="/v1/x", headers=(), data=None):
        with self.gateway.client() as client:
            response = client.send(request(method, path, headers, data)).read_response(method == "HEAD")
        for secret in (ALL, CHAT, SLOW, UNKNOWN):
            self.assertNotIn(secret.encode(), bytes(response.raw))
        return response

    def outcome(self, *arguments, **named):
        response = self.ask(*arguments, **named)
        return response.status, response.header("x-inferway-error")

    def check(self, rows):
        """rows: (what, arguments of ask, the outcome)."""
        for what, arguments, want in rows:
            with self.subTest(what):
                self.assertEqual(self.outcome(*arguments), want)
