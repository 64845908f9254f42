"""Secrets in memory: zeroed when freed, and in no core dump."""

import os
import re
import signal
import unittest
from pathlib import Path

from harness import Backend, eventually, main, request, run_inferway
from secret_places import BEARER, CA, GOOGLE, LITERAL, PROMPT, QUERY, TOKEN, X_API_KEY, Case, Upstream, found_in, whole
from tls_upstream_test import TlsBackend

SANITIZED = bool(os.environ.get("INFERWAY_SANITIZED"))


def memory_parts(pid, dumped):
    """What the process has mapped and may read: [(name, bytes)]; only what a core dump has, or all of it."""
    parts = []
    smaps = Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8", errors="replace")
    found = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \d+ *(.*)\n(?:.*\n)*?VmFlags: (.*)$", smaps, re.M)
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for begin, end, rights, name, flags in found:
            if "r" not in rights or name.startswith("[v") or (dumped and "dd" in flags.split()):
                continue
            memory.seek(int(begin, 16))
            left, data = int(end, 16) - int(begin, 16), b""
            try:
                while left > 0 and (piece := memory.read(min(left, 1 << 20))):
                    data += piece
                    left -= len(piece)
            except OSError:
                pass  # unmapped, or cut off, since it was listed
            parts.append((name or begin, data))
    return parts


@unittest.skipIf(SANITIZED, "sanitizers keep freed memory, and have their own operator delete")
class MemoryTest(Case):
    def start(self, **options):
        self.backend = self.enterContext(Backend(Upstream()))
        urls = {name: self.backend.url for name in ("literal", "variable", "file")}
        self.config = whole(urls)
        self.gateway = self.gateway_with(self.config, **options)

    def drive(self):
        for name, header in (("literal", ("Authorization", f"Bearer {BEARER}")), ("variable", ("X-Api-Key", X_API_KEY))):
            with self.gateway.client() as client:
                client.send(request("POST", f"/{name}/v1/ok?key={QUERY}", [header], PROMPT.encode() * 1000))
                self.assertEqual(client.read_response().status, 200)
        with self.gateway.client() as client:
            client.get("/file/v1/refuses", [("X-Goog-Api-Key", GOOGLE)]).read_response()
        self.assertEqual(self.gateway.admin_get("/metrics", [("Authorization", f"Bearer {TOKEN}")]).status, 200)

    def test_a_dump_would_not_contain_one(self):
        self.start(env={"INFERWAY_CORE_DUMPS": "1"})
        for when in ("at the start", "after requests", "after a reload"):
            if when == "after requests":
                self.drive()
            if when == "after a reload":
                self.gateway.admin_post("/api/reload")
            for name, data in memory_parts(self.gateway.pid, dumped=True):
                self.assert_silent(data, f"{name} {when}")

    def test_the_text_of_a_certificate_s_key_is_gone_once_it_was_read(self):
        self.backend = self.enterContext(TlsBackend(CA.identity("127.0.0.1"), Upstream()))
        ours, theirs = CA.identity("gateway.test"), CA.identity("client.test")
        config = whole({"literal": self.backend.url})
        config["listen"] = [{"address": "127.0.0.1:0", "tls": ours.tls()}]
        config["backends"]["literal"]["tls"] |= theirs.tls()
        self.gateway = self.gateway_with(config, env={"INFERWAY_CORE_DUMPS": "1"})
        for when in ("at the start", "after a reload"):
            for identity in (ours, theirs):
                line = Path(identity.key).read_text(encoding="ascii").split("\n")[1]
                for name, data in memory_parts(self.gateway.pid, dumped=False):
                    self.assert_silent(data, f"{name} {when}", [line])
            self.gateway.admin_post("/api/reload")

    def test_a_key_that_was_replaced_is_gone(self):
        self.start(env={"INFERWAY_CORE_DUMPS": "1"})
        everywhere = lambda: found_in(b"".join(data for _, data in memory_parts(self.gateway.pid, False)), [LITERAL])  # noqa: E731
        self.assertEqual(everywhere(), [LITERAL])
        text = self.gateway.config_path.read_text()
        self.gateway.config_path.write_text(text.replace(LITERAL, "another-key"), encoding="utf-8")
        self.assertEqual(self.gateway.admin_post("/api/reload").status, 200)
        eventually(lambda: everywhere() == [], what="the end of the old key")

    def end_by_abort(self, **options):
        """The core dumps that a gateway leaves which is allowed to leave some."""
        if Path("/proc/sys/kernel/core_pattern").read_text(encoding="ascii").strip() not in ("core", "core.%p"):
            self.skipTest("core dumps go elsewhere here")
        self.start(prefix=("prlimit", "--core=unlimited:unlimited"), **options)
        self.drive()
        self.gateway.signal(signal.SIGABRT)
        self.assertEqual(self.gateway.wait(), -signal.SIGABRT)
        return list(self.gateway.directory.glob("core*"))

    def test_there_is_no_core_dump(self):
        self.assertEqual(self.end_by_abort(), [])

    def test_one_that_is_allowed_contains_none(self):
        dumps = self.end_by_abort(env={"INFERWAY_CORE_DUMPS": "1"})
        self.assertEqual(len(dumps), 1)
        self.assert_silent(dumps[0].read_bytes(), "the core dump")

    def test_the_variable_is_0_or_1(self):
        status, out, err = run_inferway("version", environment={"INFERWAY_CORE_DUMPS": "yes"})
        self.assertEqual((status, out), (2, ""))
        self.assertIn("INFERWAY_CORE_DUMPS is 0 or 1", err)


if __name__ == "__main__":
    main()
