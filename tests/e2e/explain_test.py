"""What `inferway explain` says is what the running gateway does."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import Backend, Gateway, chunked, main, run_inferway

CHAT = "/v1/chat/completions"
CODING = ("Transfer-Encoding", "chunked")
FORM = ("Content-Type", "multipart/form-data; boundary=b")
SECRETS = {"LOCAL_KEY": "s3cret-local", "CLOUD_KEY": "s3cret-cloud", "TENANT": "s3cret-tenant"}


def form(model):
    return (f'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\r\n'
            f'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\n{model}\r\n--b--\r\n').encode()


def config(local, cloud):
    return {
        "limits": {"body_bytes": "64KiB", "header_bytes": "8KiB", "header_count": 30},
        "backends": {
            "local": {"endpoints": [f"{local}/base"], "key": "${LOCAL_KEY}", "headers": {"X-Extra": "${LOCAL_KEY}", "User-Agent": "gateway"},
                      "pass_headers": ["Cookie"]},
            "cloud": {"api": "anthropic", "endpoints": [cloud], "key": "${CLOUD_KEY}"},
        },
        "routes": [
            {"name": "tenant", "match": {"path": "/v1/*", "headers": {"x-tenant": "${TENANT}"}}, "to": [{"backend": "local"}]},
            {"name": "team", "match": {"path": CHAT, "headers": {"x-team": "a*"}, "model": "*"}, "to": [{"backend": "local"}]},
            {"name": "chat", "match": {"path": CHAT, "model": "llama-*", "method": "POST"},
             "to": [{"backend": "local", "weight": 1}, {"backend": "cloud", "model": 'org/"é"', "weight": 2}, {"backend": "cloud", "weight": 0}]},
            {"name": "form", "match": {"path": "/v1/audio/*", "model": "w*"}, "to": [{"backend": "cloud", "model": "whisper"}]},
            {"name": "live", "match": {"path": "/v1/realtime", "model": "r"}, "to": [{"backend": "cloud", "model": "new r"}]},
            {"name": "gemini", "match": {"path": "/v1beta/models/*", "model": "g*"}, "to": [{"backend": "cloud", "model": "a/b"}]},
            {"name": "rewritten", "match": {"path": "/old/*"}, "to": [{"backend": "local"}], "rewrite": "/new/{path}/x"},
            {"name": "rewritten gemini", "match": {"path": "/v1beta/tuned/*"}, "to": [{"backend": "local"}], "rewrite": "/t/{path}"},
            {"name": "renamed", "match": {"path": "/renamed"}, "to": [{"backend": "cloud", "model": "x"}]},
            {"name": "get", "match": {"path": "/files/*", "method": "GET"}, "to": [{"backend": "local"}]},
            {"name": "rest", "match": {"path": "/free/*"}, "to": [{"backend": "cloud"}]},
        ],
    }


# name: (method, target, headers, body). A body that comes chunked has CODING among its headers.
REQUESTS = {
    "no model": ("GET", "/free/a", [], None),
    "a query": ("GET", "/free/a?b=%2e&c", [], None),
    "a path that is not normal": ("GET", "/x/..//free/./%61%2fb", [], None),
    "an absolute target": ("GET", "http://other.test/free/a", [], None),
    "HEAD": ("HEAD", "/free/a", [], None),
    "POST without a body": ("POST", "/free/a", [], None),
    "a streamed body": ("POST", "/free/a", [], b"any"),
    "a streamed chunked body": ("POST", "/free/a", [CODING], b"any"),
    "client headers": ("GET", "/files/a", [
        ("User-Agent", "client"), ("X-Any", "a"), ("x-any", "b"), ("Authorization", "Bearer mine"), ("Cookie", "c=1"), ("Via", "1.0 front"),
        ("X-Forwarded-For", "203.0.113.1"), ("X-Forwarded-Host", "lie"), ("Connection", "X-Hop"), ("X-Hop", "1"), ("TE", "trailers"),
        ("X-Request-Id", "mine-1"), ("X-Api-Key", "mine"), ("Accept", "*/*")], None),
    "a bad request id": ("GET", "/files/a", [("X-Request-Id", "a b")], None),
    "a hidden header": ("GET", "/v1/models", [("X-Tenant", SECRETS["TENANT"])], None),
    "a header and a model": ("POST", CHAT, [("x-team", "abc")], b'{"model":"any"}'),
    "a model in JSON": ("POST", CHAT, [], b' {"a":[1.0,{"model":1}],\n"mod\\u0065l" : "llama-\\u0033", "z":"\xc3\xa9"} '),
    "a model in chunked JSON": ("POST", CHAT, [CODING], b'{"model":"llama-3"}'),
    "JSON by another type": ("POST", CHAT, [("Content-Type", "text/plain")], b'{"model":"llama-3"}'),
    "a model in a form": ("POST", "/v1/audio/transcriptions", [FORM], form("w-1")),
    "a model in the query": ("GET", "/v1/realtime?a=1&model=r&b=2", [], None),
    "a model in the path": ("POST", "/v1beta/models/gem%2Fini:generateContent?key=mine&alt=sse", [], b"{}"),
    "a rewrite": ("GET", "/old/a/b?c", [], None),
    "a rewrite of Gemini's": ("GET", "/v1beta/tuned/x?key=mine", [], None),
    "a rename that no match asks for": ("POST", "/renamed", [], b'{"model":"m"}'),
    "a rename of nothing": ("POST", "/renamed", [CODING], b'{"n":1}'),
    "a rename of a GET": ("GET", "/renamed", [], None),
    "Expect": ("POST", "/free/a", [("Expect", "100-continue")], b"x"),

    "no route": ("GET", "/nowhere", [], None),
    "another method": ("DELETE", "/files/a", [], None),
    "OPTIONS *": ("OPTIONS", "*", [], None),
    "no such model": ("POST", CHAT, [], b'{"model":"gpt"}'),
    "no model where one must be": ("POST", CHAT, [], b"{}"),
    "an empty body": ("POST", CHAT, [], None),
    "an empty chunked body": ("POST", CHAT, [CODING], b""),
    "no JSON": ("POST", CHAT, [], b"model=x"),
    "broken JSON": ("POST", CHAT, [], b'{"model":"llama-3"'),
    "two models": ("POST", CHAT, [], b'{"model":"a","model":"a"}'),
    "a number for a model": ("POST", CHAT, [], b'{"model":1}'),
    "a form that does not end": ("POST", "/v1/audio/x", [FORM], b"--b\r\n"),
    "a form without a boundary": ("POST", "/v1/audio/x", [("Content-Type", "multipart/form-data")], b"x"),
    "a compressed body": ("POST", CHAT, [("Content-Encoding", "gzip")], b"x"),
    "two models in the query": ("GET", "/v1/realtime?model=a&model=b", [], None),
    "a control in the model": ("GET", "/v1/realtime?model=a%00b", [], None),
    "no JSON for a rename": ("POST", "/renamed", [], b"x"),
    "a broken path": ("GET", "/a%zz", [], None),
    "a blank in the path": ("GET", "/a b", [], None),
    "TRACE": ("TRACE", "/free/a", [], None),
    "two hosts": ("GET", "/free/a", [("Host", "a"), ("Host", "b")], None),
    "a wrong host": ("GET", "/free/a", [("Host", "a/b")], None),
    "an unknown coding": ("POST", "/free/a", [("Transfer-Encoding", "gzip")], None),
    "a header without a colon": ("GET", "/free/a", [("no colon", None)], None),
    "an expectation": ("POST", "/free/a", [("Expect", "tea")], None),
    "two types": ("POST", "/free/a", [("Content-Type", "a/b"), ("Content-Type", "a/b")], None),
    "a large head": ("GET", "/free/a", [("X-A", "a" * 8192)], None),
    "many headers": ("GET", "/free/a", [("X-A", "a")] * 30, None),
    "a large body": ("POST", "/free/a", [], b"x" * (64 * 1024 + 1)),
    "a large chunked body": ("POST", CHAT, [CODING], b"x" * (64 * 1024 + 1)),
}


def head_lines(headers):
    return [name if value is None else f"{name}: {value}" for name, value in headers]


def raw(method, target, headers, body):
    """What goes over the wire."""
    lines = head_lines(headers)
    names = [name.lower() for name, _ in headers]
    if "host" not in names:
        lines.insert(0, "Host: gateway.test")
    if body is not None and CODING not in headers:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode()
    if body is None:
        return head
    return head + (chunked(body) if body and CODING in headers else chunked() if CODING in headers else body)


class ExplainTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.local = cls.enterClassContext(Backend())
        cls.cloud = cls.enterClassContext(Backend())
        cls.gateway = cls.enterClassContext(Gateway(config(cls.local.url, cls.cloud.url), env=SECRETS))
        cls.count = 0

    def explain(self, method, target, headers, body, *more):
        lines = head_lines(headers)
        if "host" not in [name.lower() for name, _ in headers]:
            lines.insert(0, "Host: gateway.test")
        arguments = ["--config", str(self.gateway.config_path), "--format", "json", *more]
        for line in lines:
            arguments += ["--header", line]
        with tempfile.NamedTemporaryFile() as file:
            if body is not None:
                file.write(body)
                file.flush()
                arguments += ["--body", file.name]
            status, out, errors = run_inferway("explain", *arguments, method, target, environment=SECRETS)
        self.assertEqual(errors, "")
        self.assertNotIn("s3cret", out)
        return status, json.loads(out)

    def serve(self, *what):
        """The answer, and the record of it."""
        type(self).count += 1
        with self.gateway.client() as client:
            response = client.send(raw(*what)).read_response(what[0] == "HEAD")
        return response, self.gateway.access_log(self.count)[-1]

    def test_it_says_what_the_gateway_does(self):
        matched = 0
        for name, what in REQUESTS.items():
            with self.subTest(name):
                status, said = self.explain(*what)
                response, record = self.serve(*what)
                refusal = said["refused"] or (said["to"][0]["refused"] if len(said["to"]) == 1 else None)
                if response.header("x-inferway-error"):
                    self.assertEqual(status, 1)
                    self.assertEqual((refusal["status"], refusal["code"]), (response.status, response.header("x-inferway-error")))
                    self.assertEqual(refusal["code"], record["error"])
                    if what[0] != "HEAD":
                        self.assertIn(json.dumps(refusal["message"])[1:-1].encode(), bytes(response.body))
                else:
                    self.assertEqual((status, refusal), (0, None))
                    self.check_forwarded(said, record, what[3])
                    matched += 1
        self.assertGreater(matched, 20)

    def check_forwarded(self, said, record, body):
        self.assertEqual(said["route"]["name"], record["route"])
        self.assertEqual(said["request"]["path"], record["path"])
        self.assertEqual(said["request"]["model"] if said["request"]["model_looked_for"] else None, record.get("model") or None)
        choice = next(c for c in said["to"] if c["backend"] == record["backend"] and c["weight"] > 0)
        self.assertGreater(choice["share_percent"], 0)
        got = {"local": self.local, "cloud": self.cloud}[record["backend"]].requests[-1]
        wrote = choice["endpoints"][0]["request"]
        self.assertEqual(wrote["line"], f"{got.method} {got.target} HTTP/1.1")
        known = {"<client address>": "127.0.0.1", "<generated>": got.header("x-request-id")}
        headers = []
        for (name, value), (_, real) in zip(wrote["headers"], got.headers):
            for placeholder, told in known.items():
                value = value.replace(placeholder, told)
            if "***" in value:
                self.assertEqual(value.replace("***", ""), "Bearer " if real.startswith("Bearer ") else "")
                value = real
            headers.append((name, value))
        self.assertEqual(headers, got.headers)
        want = body or b""
        if choice["splice"]:
            begin, end = choice["splice"]["offset"], choice["splice"]["offset"] + choice["splice"]["length"]
            want = want[:begin] + choice["splice"]["value"].encode() + want[end:]
        self.assertEqual(got.body, want)

    def test_all_model_places_are_named(self):
        rows = {"a model in JSON": "json", "a model in chunked JSON": "json", "a model in a form": "form", "a model in the query": "query",
                "a model in the path": "path", "no model": None}
        for name, place in rows.items():
            with self.subTest(name):
                self.assertEqual(self.explain(*REQUESTS[name])[1]["request"]["model_place"], place)

    def test_a_model_stands_for_a_json_body(self):
        status, said = self.explain("POST", CHAT, [], None, "--model", "llama-3")
        self.assertEqual((status, said["route"]["name"], said["request"]["model_place"]), (0, "chat", "--model"))
        self.assertEqual([t["share_percent"] for t in said["to"]], [33.33, 66.67, 0.0])
        response, record = self.serve("POST", CHAT, [], b'{"model":"llama-3"}')
        self.assertEqual((response.status, record["route"]), (200, "chat"))

    def test_what_passes_over_a_route_is_named(self):
        _, said = self.explain(*REQUESTS["a model in the query"])
        self.assertEqual([(r["name"], [b["what"] for b in r["because"]]) for r in said["passed_over"]], [
            ("tenant", ["header"]), ("team", ["path", "header"]),
            ("chat", ["path", "method", "model"]), ("form", ["path", "model"])])
        self.assertIsNone(said["passed_over"][0]["because"][0]["wanted"], "it comes out of a variable")

    def test_a_body_comes_from_standard_input(self):
        done = subprocess.run([os.environ["INFERWAY"], "explain", "--config", self.gateway.config_path, "--body", "-", "POST", CHAT],
                              input='{"model":"llama-in"}', env={**os.environ, **SECRETS}, capture_output=True, text=True, timeout=10, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("llama-in, in the JSON body", done.stdout)

    def test_wrong_command_lines_end_with_status_2(self):
        for arguments in (["--model", "a", "GET", "/free/a"], ["POST"], ["--nothing", "GET", "/"], ["--body", "/not/there", "POST", "/free/a"]):
            with self.subTest(arguments):
                status, out, errors = run_inferway("explain", "--config", str(self.gateway.config_path), *arguments, environment=SECRETS)
                self.assertEqual((status, out), (2, ""))
                self.assertIn("usage: inferway explain", errors)


class DocsTest(unittest.TestCase):
    """docs/explain.md: each command that it shows prints what it shows."""

    def test_the_examples_are_true(self):
        page = (Path(__file__).resolve().parents[2] / "docs" / "explain.md").read_text(encoding="utf-8")
        directory = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="inferway-e2e-")))
        (directory / "gateway.yaml").write_text(re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1], encoding="utf-8")
        examples = re.findall(r"```console\n\$ inferway (.*?)\n(.*?)```", page, re.DOTALL)
        for command, shown in examples:
            with self.subTest(command):
                status, out, errors = run_inferway(*shlex.split(command), environment={"CLOUD_KEY": "s3cret"}, cwd=directory)
                self.assertEqual((out, errors), (shown, ""))
                self.assertEqual(status, 1 if "Refused:" in shown else 0)
        self.assertEqual(len(examples), 2)


class NoNetworkTest(unittest.TestCase):
    def setUp(self):
        directory = self.enterContext(tempfile.TemporaryDirectory(prefix="inferway-e2e-"))
        self.file = Path(directory) / "inferway.yaml"

    def explain(self, endpoints, prefix=()):
        self.file.write_text(json.dumps({
            "backends": {"b": {"endpoints": endpoints}},
            "routes": [{"name": "all", "match": {"path": "/*"}, "to": [{"backend": "b"}]}]}), encoding="utf-8")
        done = subprocess.run([*prefix, os.environ["INFERWAY"], "explain", "--config", self.file, "GET", "/a"],
                              capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("all  (line 1)  matches", done.stdout)
        return done.stdout

    def test_nobody_is_called(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.explain([f"http://127.0.0.1:{listener.getsockname()[1]}"])
            listener.setblocking(False)
            with self.assertRaises(BlockingIOError):
                listener.accept()

    def test_names_are_not_looked_up(self):
        out = self.explain([f"http://not-there-{i}.invalid" for i in range(300)])
        self.assertIn("Host: not-there-0.invalid", out)

    def test_it_works_where_there_is_no_network(self):
        alone = ["unshare", "-rn"]
        if shutil.which("unshare") is None or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("no network namespaces here")
        self.explain(["http://not-there.invalid", "http://192.0.2.1"], alone)


if __name__ == "__main__":
    main()
