"""Secrets get nowhere: each place in which one lives has a canary, and everything that the gateway says while much goes
wrong is searched for them."""

from pathlib import Path

from harness import Backend, main, request, unused_port
from secret_places import (
    BEARER,
    CALLER,
    FILE,
    GOOGLE,
    HEADER,
    LITERAL,
    OTHER_CA,
    PROMPT,
    PROTOCOL,
    PROVIDER,
    QUERY,
    TOKEN,
    UNKNOWN,
    VARIABLE,
    X_API_KEY,
    Case,
    Upstream,
    found_in,
    whole,
)
from tls_upstream_test import TlsBackend
from websockets import handshake


class ServingTest(Case):
    def start(self):
        self.backends = {name: self.enterContext(Backend(Upstream())) for name in ("literal", "variable", "file")}
        self.untrusted = self.enterContext(TlsBackend(OTHER_CA.identity("127.0.0.1")))
        urls = {name: backend.url for name, backend in self.backends.items()}
        urls |= {"away": f"http://127.0.0.1:{unused_port()}", "untrusted": self.untrusted.url}
        self.gateway = self.gateway_with(whole(urls))
        self.answers = []

    def ask(self, path, headers=(), kind=None):
        body = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"%s"}]}' % PROMPT.encode()
        with self.gateway.client() as client:
            client.send(kind or request("POST", path, [("Content-Type", "application/json"), *headers], body))
            got = client.read_response()
            self.answers.append((path, bytes(got.raw)))
            return got

    def drive(self):
        bearer = [("Authorization", f"Bearer {BEARER}")]
        for name in self.backends:
            for kind in ("ok", "junk", "bad-chunk", "cut", "refuses"):
                self.ask(f"/{name}/v1/{kind}", bearer)
        for name in ("away", "untrusted"):
            self.assertEqual(self.ask(f"/{name}/v1/x", bearer).status, 502)
        self.ask(f"/literal/v1/ok?key={QUERY}&x=1", [("X-Api-Key", X_API_KEY)])
        self.ask("/literal/v1/ok", [("X-Goog-Api-Key", GOOGLE), ("Cookie", f"key={X_API_KEY}")])
        self.ask(f"/nowhere?key={QUERY}", [("Authorization", f"Bearer {UNKNOWN}")])
        self.ask("/literal/v1/ok", [*bearer, ("Bad Name", UNKNOWN)])
        self.ask("/literal/v1/ok", [("X-Api-Key", UNKNOWN), ("X-Api-Key", X_API_KEY)])
        protocol = [("Sec-WebSocket-Protocol", f"realtime, openai-insecure-api-key.{PROTOCOL}")]
        self.ask("websocket", kind=handshake("/literal/v1/realtime?model=m", protocol))
        for broken in (f"GET /{UNKNOWN}\x01 HTTP/1.1\r\n\r\n", f"{UNKNOWN}", f"GET / HTTP/1.1\r\nAuthorization : {UNKNOWN}\r\n\r\n"):
            self.ask("broken", kind=broken.encode() + b"\r\n\r\n")

    def test_nothing_that_the_gateway_says_shows_one(self):
        self.start()
        self.drive()
        for path, data in self.answers:
            self.assert_silent(data, f"the answer to {path}")
        for path in ("/metrics", "/", "/api/backends", "/live", "/ready", "/api/config", f"/x?token={UNKNOWN}"):
            for headers in ([("Authorization", f"Bearer {TOKEN}")], [("Authorization", f"Bearer {UNKNOWN}")], []):
                self.assert_silent(bytes(self.gateway.admin_get(path, headers).raw), path)
        self.assert_silent(bytes(self.gateway.admin_post("/api/reload").raw), "/api/reload")
        self.gateway.config_path.write_text(f"backends: {{b: {{key: '{LITERAL} x'}}}}", encoding="utf-8")
        refused = self.gateway.admin_post("/api/reload")
        self.assertNotEqual(refused.status, 200)
        self.assert_silent(bytes(refused.raw), "/api/reload of a bad file")
        self.assert_silent(Path(f"/proc/{self.gateway.pid}/cmdline").read_bytes(), "the command line")
        self.gateway.stop()
        self.assert_silent(self.gateway.stderr(), "the log")
        self.assert_silent(self.gateway.stdout_path.read_bytes(), "standard output")
        log = self.gateway.access_log_path.read_bytes()
        self.assertGreater(log.count(b"\n"), 20)
        self.assert_silent(log, "the access log")

    def test_callers_keys_do_not_reach_providers_nor_do_providers_keys_reach_each_other(self):
        self.start()
        self.drive()
        own = {"literal": LITERAL, "variable": VARIABLE, "file": FILE}
        for name, backend in self.backends.items():
            sent = b"".join(bytes(got.raw) for got in backend.requests)
            self.assertEqual(found_in(sent, PROVIDER), [one for one in PROVIDER if one in (own[name], HEADER)], name)
            self.assert_silent(sent, f"what {name} got", CALLER)
        self.assertEqual(self.untrusted.requests, [], "before its certificate was checked")

    def test_what_a_provider_says_is_its_own(self):
        """Bytes pass untouched: a provider that repeats its own key tells it to whoever asked. No other secret is in it. Of
        what it says in fields that only requests have, nothing passes."""
        self.start()
        rows = {"echo": [LITERAL, HEADER, PROMPT], "stream-error": [LITERAL, HEADER, PROMPT], "fields": [HEADER, PROMPT]}
        for kind, told in rows.items():
            got = self.ask(f"/literal/v1/{kind}", [("Authorization", f"Bearer {BEARER}")])
            self.assertEqual(found_in(bytes(got.raw)), told, kind)
        self.gateway.stop()
        self.assert_silent(self.gateway.stderr() + self.gateway.access_log_path.read_text(), "the logs")


if __name__ == "__main__":
    main()
