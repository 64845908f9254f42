"""A secret in every place where one lives, and what must not show it. docs/secrets.md lists the places."""

import hashlib
import tempfile
import unittest
from pathlib import Path

from certificates import Authority
from harness import Gateway, answer, json_answer, sse_event, sse_head, to_yaml

CA, OTHER_CA = Authority(), Authority("Another CA")


def canary(place):
    return f"sk-{place}-{hashlib.sha256(place.encode()).hexdigest()[:24]}"


LITERAL, VARIABLE, FILE, HEADER, TOKEN = PROVIDER = [canary(p) for p in ("literal", "variable", "file", "header", "token")]
BEARER, X_API_KEY, GOOGLE, QUERY, PROTOCOL, UNKNOWN = CALLER = [
    canary(p) for p in ("bearer", "x-api-key", "google", "query", "protocol", "unknown")
]
PROMPT = canary("prompt")
ALL = [*PROVIDER, *CALLER, PROMPT]
ENVIRONMENT = {"PROVIDER_KEY": VARIABLE}


def found_in(data, canaries=ALL):
    data = data if isinstance(data, bytes) else data.encode()
    return [one for one in canaries if one.encode() in data]


def whole(endpoints, **top):
    """A configuration with a secret in every place that can hold one. `endpoints`: by backend."""
    keys = {"literal": LITERAL, "variable": "${PROVIDER_KEY}", "file": "${file:key.txt}"}
    backends = {
        name: {"endpoints": [url], "key": keys.get(name, LITERAL), "headers": {"X-More": HEADER}, "tls": {"ca": CA.cert}}
        for name, url in endpoints.items()
    }
    for name, backend in backends.items():
        if not endpoints[name].startswith("https:"):
            del backend["tls"]
    hashed = [{"name": f"c{i}", "sha256": hashlib.sha256(one.encode()).hexdigest()} for i, one in enumerate(CALLER[:-1])]
    return {
        "admin": {"address": "127.0.0.1:0", "token": "${file:token.txt}"},
        "listen": "127.0.0.1:0",
        "threads": 1,
        "keys": {"required": False, "static": hashed},
        "log": {"level": "trace"},
        "backends": backends,
        "routes": [
            {"match": {"path": f"/{name}/*"}, "rewrite": "/{path}", "to": [{"backend": name}], "retry": {"attempts": 0}}
            for name in endpoints
        ],
        **top,
    }


class Case(unittest.TestCase):
    def gateway_with(self, config, env=None, prefix=()):
        """Not in a with statement, which would ask for a clean end."""
        directory = self.enterContext(SecretFiles())
        text = to_yaml(config).replace("${file:", f"${{file:{directory}/")
        text = text.replace('"level": "trace"', f'"level": "trace", "access": "{directory}/access.log"')
        gateway = Gateway(text, env={**ENVIRONMENT, **(env or {})}, prefix=prefix)
        self.addCleanup(gateway._directory.cleanup)
        self.addCleanup(gateway.kill)
        gateway.admin_token = TOKEN
        gateway.access_log_path = directory / "access.log"
        return gateway

    def assert_silent(self, data, where, canaries=ALL):
        self.assertEqual(found_in(data, canaries), [], f"in {where}")


class SecretFiles:
    """A directory with the files that configurations take secrets from."""

    def __enter__(self):
        self._directory = tempfile.TemporaryDirectory(prefix="inferway-secrets-")
        path = Path(self._directory.name)
        (path / "key.txt").write_text(FILE + "\n", encoding="ascii")
        (path / "token.txt").write_text(TOKEN + "\n", encoding="ascii")
        return path

    def __exit__(self, *_):
        self._directory.cleanup()


class Upstream:
    """What a backend does with a request, by the last part of its path."""

    def __call__(self, connection):
        while (got := connection.read_request()) is not None:
            if self.act(connection, got):
                return

    @staticmethod
    def act(connection, got):
        kind = got.target.split("?")[0].rsplit("/", 1)[-1]
        if kind == "junk":
            connection.send(bytes(got.raw))  # the request itself, as if it were an answer
        elif kind == "fields":
            connection.send(b"HTTP/1.1 200 OK\r\nX: y\r\n" + got.raw.split(b"\r\n", 1)[1])
        elif kind == "bad-chunk":
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + bytes(got.raw))
        elif kind == "cut":
            connection.send(sse_head() + b"8\r\ndata: 1\n")
        elif kind == "stream-error":
            event = sse_event({"error": {"message": got.raw.decode("latin-1"), "code": "server_error"}})
            connection.send(sse_head() + b"%x\r\n%s\r\n0\r\n\r\n" % (len(event), event))
        elif kind == "refuses":
            connection.send(answer(500, body=b'{"error":{"message":"no"}}'))
            return False
        elif kind == "echo":
            connection.send(answer(401, body=bytes(got.raw)))
            return False
        else:
            connection.send(json_answer({"ok": True}))
            return False
        return True
