"""The configuration is accepted whole or refused whole: each error names file:line:column, the value, what was expected
and the nearest known key; all errors at once; exit status 2."""

import json
import tempfile
import unittest
from pathlib import Path

from harness import Backend, Client, Gateway, main, request, run_inferway

GOOD = """\
listen: 127.0.0.1:0
admin: {address: 127.0.0.1:0}
backends:
  llama:
    endpoints: [http://127.0.0.1:8000]
routes:
  - match: {path: /v1/*}
    to: [{backend: llama}]
"""


class ConfigurationTest(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="inferway-e2e-")))
        self.file = self.directory / "inferway.yaml"

    def check(self, text, *arguments, environment=None):
        self.file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return run_inferway("check", "--config", str(self.file), *arguments, environment=environment)

    def refused(self, text, *wants, environment=None):
        """Refused by both commands; each of `wants` ("line:column", part, part, ...) is one line of stderr."""
        for command in ("check", "serve"):
            self.file.write_text(text, encoding="utf-8")
            status, out, errors = run_inferway(command, "--config", str(self.file), environment=environment)
            self.assertEqual((status, out), (2, ""), errors)
            lines = errors.splitlines()
            self.assertEqual(len(lines), len(wants), errors)
            for line, (place, *parts) in zip(lines, wants):
                self.assertTrue(line.startswith(f"{self.file}:{place}: "), f"{line!r} is not at {place}")
                for part in parts:
                    self.assertIn(part, line)

    def with_line(self, line):
        """GOOD with a line in front, which so is line 1."""
        return line + "\n" + GOOD

    def test_an_error_names_its_place_the_value_and_what_was_expected(self):
        rows = {
            "an unknown key": ("lisen: 1", ("1:1", "lisen", "listen")),
            "an unknown key below": ("limits: {conections: 5}", ("1:10", "conections", "connections")),
            "a key twice": ("threads: 1\nthreads: 2", ("2:1", "threads")),
            "a word for a number": ("threads: many", ("1:10", "many")),
            "a number out of range": ("limits: {header_count: 0}", ("1:24", "0")),
            "a duration without a unit": ("timeouts: {header: 10}", ("1:20", "10")),
            "a duration with another unit": ("timeouts: {header: 10 weeks}", ("1:20", "10 weeks")),
            "a size without a unit": ("limits: {body_bytes: 5}", ("1:22", "5")),
            "a list for a mapping": ("limits: []", ("1:9", "limits")),
            "a word that is not among those known": ("log: {level: loud}", ("1:14", "loud", "info")),
            "a missing variable": ("log: {access: '${NOT_THERE_AT_ALL}'}", ("1:15", "NOT_THERE_AT_ALL")),
            "a missing file": ("log: {access: '${file:not-there}'}", ("1:15", "not-there")),
            "no YAML": ("x: y: 1", ("1:5", "YAML")),
        }
        for name, (line, want) in rows.items():
            with self.subTest(name):
                self.refused(self.with_line(line), want)

    def test_references_and_combinations_are_checked(self):
        backend = "backends: {b: {endpoints: [http://a]}}\n"
        rows = {
            "an unknown backend": (
                "backends: {llama: {endpoints: [http://a]}}\nroutes:\n  - {match: {path: /x}, to: [{backend: lama}]}\n",
                ("3:40", "lama", "llama"),
            ),
            "weights that add up to zero": (
                backend + "routes:\n  - {match: {path: /x}, to: [{backend: b, weight: 0}]}\n", ("3:", "weight"),
            ),
            "a route without a target": (backend + "routes:\n  - {match: {path: /x}, to: []}\n", ("3:", "to")),
            "a route without a path": (backend + "routes:\n  - {match: {}, to: [{backend: b}]}\n", ("3:", "path")),
            "a path without a slash": (
                backend + "routes:\n  - {match: {path: v1}, to: [{backend: b}]}\n", ("3:20", "v1"),
            ),
            "two routes of one name": (
                backend + "routes:\n  - {name: a, match: {path: /x}, to: [{backend: b}]}\n"
                "  - {name: a, match: {path: /y}, to: [{backend: b}]}\n", ("4:12", "a"),
            ),
            "no endpoint": (
                "backends: {b: {endpoints: []}}\nroutes:\n  - {match: {path: /x}, to: [{backend: b}]}\n",
                ("1:", "endpoint"),
            ),
            "an endpoint that is no URL": (
                "backends: {b: {endpoints: [somewhere]}}\nroutes:\n  - {match: {path: /x}, to: [{backend: b}]}\n",
                ("1:28", "somewhere"),
            ),
        }
        for name, (text, (place, *parts)) in rows.items():
            with self.subTest(name):
                self.file.write_text(text, encoding="utf-8")
                status, _, errors = run_inferway("check", "--config", str(self.file))
                self.assertEqual(status, 2, errors)
                self.assertEqual(len(errors.splitlines()), 1, errors)
                self.assertTrue(errors.startswith(f"{self.file}:{place}"), errors)
                for part in parts:
                    self.assertIn(part, errors)

    def test_all_errors_come_at_once(self):
        text = "threads: many\nlimits: {body_bytes: 5}\ncolour: blue\n" + GOOD.replace("llama}]", "lama}]")
        self.refused(text, ("1:10",), ("2:22",), ("3:1",), ("11:20",))

    def test_what_is_not_built_yet_is_refused_when_it_asks_for_something(self):
        status, _, errors = self.check(GOOD.replace("    endpoints", "    balance: prefix\n    endpoints"))
        self.assertEqual(status, 2, errors)
        self.assertIn("balance: this way of balancing is not supported yet", errors)

    @staticmethod
    def column(line):
        return str(line.index("{") + 2)

    def test_values_that_switch_something_off_are_accepted(self):
        off = (
            "keys: {required: false, static: []}\ntimeouts: {heartbeat: null}\nreload: {watch: false}\n" + GOOD
            + "    fallback: []\n    hedge: null\n    mirror: null\n    auth: false\n    priority: 0\n    resume: {attempts: 0}\n"
        )
        status, _, errors = self.check(off)
        self.assertEqual((status, errors), (0, ""))

    def test_an_unreachable_route_is_a_warning(self):
        text = GOOD + "  - match: {path: /v1/chat}\n    to: [{backend: llama}]\n"
        status, out, _ = self.check(text, "--format", "json")
        self.assertEqual(status, 0)
        self.assertEqual([w["line"] for w in json.loads(out)["warnings"]], [9])
        status, out, _ = self.check(text)
        self.assertEqual(status, 0)
        self.assertIn(":9:", out)

    def test_check_prints_the_routing_table_for_people_and_machines(self):
        text = GOOD + "  - name: chat\n    match: {path: /chat, method: POST, model: 'm-*', headers: {x-a: b}}\n" \
            "    to: [{backend: llama, model: big, weight: 3}, {backend: llama}]\n    rewrite: /v1/chat\n"
        status, out, _ = self.check(text)
        self.assertEqual(status, 0)
        for word in ("/v1/*", "chat", "POST", "m-*", "big", "llama", "http://127.0.0.1:8000", "valid"):
            self.assertIn(word, out)
        status, out, _ = self.check(text, "--format=json")
        table = json.loads(out)
        self.assertEqual((status, table["valid"], table["errors"]), (0, True, []))
        self.assertEqual(table["routes"][1]["match"],
                         {"path": "/chat", "method": "POST", "model": "m-*", "headers": {"x-a": "b"}})
        self.assertEqual([t["weight"] for t in table["routes"][1]["to"]], [3, 1])
        status, out, _ = self.check("threads: many\n" + GOOD, "--format=json")
        table = json.loads(out)
        self.assertEqual((status, table["valid"], len(table["errors"])), (2, False, 1))

    def test_secrets_are_never_printed(self):
        secret = "sk-very-secret"
        text = GOOD.replace("    endpoints", "    key: ${KEY}\n    headers: {X-Any: '${KEY}'}\n    endpoints") + "    retry: {attempts: 2}\n"
        for wrong in ("", "threads: many\n"):
            for form in ("text", "json"):
                _, out, errors = self.check(wrong + text, "--format", form, environment={"KEY": secret})
                self.assertNotIn(secret, out + errors)
        status, out, errors = self.check(GOOD.replace("    endpoints", "    key: [sk-very-secret]\n    endpoints"))
        self.assertEqual(status, 2)
        self.assertNotIn(secret, out + errors)

    def test_substitutions_come_from_the_environment_and_from_files(self):
        (self.directory / "port.txt").write_text("8123\n", encoding="utf-8")
        text = GOOD.replace("[http://127.0.0.1:8000]", "['http://${HOST}:${file:port.txt}/${BASE:-v1}']")
        status, out, errors = self.check(text, "--format", "json", environment={"HOST": "10.1.2.3"})
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(json.loads(out)["backends"][0]["endpoints"][0]["url"], "http://10.1.2.3:8123/v1")

    def test_broken_files_are_errors_and_no_crashes(self):
        rows = {
            "empty": b"", "no YAML": b"{[}", "a list": b"[]", "a cycle": b"a: &a [*a]\n", "not UTF-8": b"listen: \xff\n",
            "a NUL": b"listen: \x00\n", "only a comment": b"# nothing\n", "two documents": GOOD.encode() + b"---\nx: 1\n",
            "deep": b"a: " + b"[" * 10_000, "many aliases": b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n",
        }
        for name, text in rows.items():
            with self.subTest(name):
                status, _, errors = self.check(text)
                self.assertEqual(status, 2, errors)
                self.assertTrue(errors.startswith(str(self.file)), errors)

    def test_wrong_command_lines_end_with_status_2(self):
        self.file.write_text(GOOD, encoding="utf-8")
        for arguments in (
            ["check"], ["serve"], ["check", "--config"], ["serve", "--config"], ["nothing"], ["check", "--confi", "x"],
            ["check", "--config", str(self.file), "--format", "xml"], ["serve", "--config", str(self.file), "more"], [],
        ):
            with self.subTest(arguments):
                status, _, errors = run_inferway(*arguments)
                self.assertEqual(status, 2)
                self.assertNotEqual(errors, "")

    def test_a_file_that_is_not_there_is_refused(self):
        for command in ("check", "serve"):
            with self.subTest(command):
                status, _, errors = run_inferway(command, "--config", str(self.directory / "none.yaml"))
                self.assertEqual(status, 2)
                self.assertIn("none.yaml", errors)

    def test_serve_ends_with_status_1_when_its_address_is_taken(self):
        with Backend() as taken:
            self.file.write_text(GOOD.replace("127.0.0.1:0", f"127.0.0.1:{taken.port}", 1), encoding="utf-8")
            status, _, errors = run_inferway("serve", "--config", str(self.file))
            self.assertEqual(status, 1)
            self.assertIn(str(taken.port), errors)

    def test_several_addresses_are_listened_on(self):
        with Backend() as backend:
            text = GOOD.replace("listen: 127.0.0.1:0", "listen: [127.0.0.1:0, 127.0.0.1:0]")
            with Gateway(text.replace("127.0.0.1:8000", backend.authority)) as gateway:
                self.assertEqual(len(set(gateway.ports)), 2)
                for gateway.port in gateway.ports:
                    with gateway.client() as client:
                        self.assertEqual(client.send(request("GET", "/v1/a")).read_response().status, 200)

    def test_ipv6_is_listened_on(self):
        try:
            Client(0, host="::1")
        except ConnectionRefusedError:
            pass
        except OSError:
            self.skipTest("this machine has no IPv6")
        with Backend() as backend:
            text = GOOD.replace("listen: 127.0.0.1:0", "listen: '[::1]:0'").replace("127.0.0.1:8000", backend.authority)
            with Gateway(text) as gateway, Client(gateway.port, host="::1") as client:
                self.assertEqual(client.send(request("GET", "/v1/a")).read_response().status, 200)
                self.assertEqual(backend.requests[0].header("x-forwarded-for"), "::1")


if __name__ == "__main__":
    main()
