"""What a running gateway has given away: privileges, capabilities, system calls; and that it still does all it did."""

import json
import os
import pwd
import shutil
import signal
import socket
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import gateway_process
from gateway_process import run_inferway, to_yaml
from harness import Backend, Gateway, answering, eventually, json_answer, main, one_route, unused_port

NET_BIND_SERVICE, DAC_OVERRIDE, FOWNER = 1 << 10, 1 << 1, 1 << 3
TO_BECOME = 1 << 6 | 1 << 7 | NET_BIND_SERVICE  # SETGID, SETUID
SANITIZED = bool(os.environ.get("INFERWAY_SANITIZED"))
# The search for leaks traces its own process: what is confined here denies that.
os.environ["ASAN_OPTIONS"] = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "detect_leaks=0")))

# Run by what an upgrade starts, so under all that the gateway has put in force: which error each call ends with.
PROBE = """
import ctypes, json, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def error_of(call):
    ctypes.set_errno(0)
    return ctypes.get_errno() if call() == -1 else 0
seen = {
    "unshare": error_of(lambda: libc.unshare(0x10000000)),
    "mount": error_of(lambda: libc.mount(None, None, None, 0, None)),
    "ptrace": error_of(lambda: libc.ptrace(0, 0, 0, 0)),
    "setns": error_of(lambda: libc.setns(-1, 0)),
    "kept": open("/proc/self/status").read(),
}
try:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
except OSError as error:
    seen["packet"] = error.errno
with open(sys.argv[1] + ".new", "w") as file:
    json.dump(seen, file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
"""


def parse_status(text):
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def statuses(pid):
    """Of each thread: the kernel keeps these by thread."""
    return [parse_status((task / "status").read_text()) for task in Path(f"/proc/{pid}/task").iterdir()]


def own_capabilities():
    return int(parse_status(Path("/proc/self/status").read_text())["CapPrm"], 16)


def unused_low_port():
    for port in range(600, 1024):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise unittest.SkipTest("no port below 1024 is free")


class Case(unittest.TestCase):
    def setUp(self):
        self.backend = self.enterContext(Backend(answering(json_answer({"id": "1"}))))

    def assert_confined(self, pid, kept, mode="0"):
        for status in statuses(pid):
            self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", mode), status["Name"])
            for kind in ("CapPrm", "CapEff"):
                self.assertEqual(int(status[kind], 16), own_capabilities() & kept, f"{kind} of {status['Name']}")


class ConfinementTest(Case):
    def test_every_thread_has_given_its_privileges_away(self):
        gateway = self.enterContext(Gateway(one_route(self.backend.url, threads=2)))
        self.assertGreater(len(statuses(gateway.process.pid)), 2)
        self.assert_confined(gateway.process.pid, NET_BIND_SERVICE | DAC_OVERRIDE | FOWNER)

    def test_system_calls_are_filtered_on_request(self):
        gateway = self.enterContext(Gateway(one_route(self.backend.url), options=["--filter-system-calls"]))
        self.assert_confined(gateway.process.pid, NET_BIND_SERVICE | DAC_OVERRIDE | FOWNER, mode="2")

    def test_what_an_upgrade_starts_is_denied_the_same(self):
        directory = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="inferway-")))
        binary, seen = directory / "inferway", directory / "seen"
        binary.symlink_to(gateway_process.BINARY)
        (directory / "probe.py").write_text(PROBE)
        with unittest.mock.patch.object(gateway_process, "BINARY", str(binary)):
            gateway = self.enterContext(Gateway(one_route(self.backend.url), options=["--filter-system-calls"]))
        fresh = directory / "fresh"
        fresh.write_text(f"#!/bin/sh\nexec {sys.executable} {directory}/probe.py {seen}\n")
        fresh.chmod(0o755)
        fresh.rename(binary)
        gateway.signal(signal.SIGUSR2)
        eventually(seen.exists)
        eventually(lambda: "the upgrade failed" in gateway.stderr())
        got = json.loads(seen.read_text())
        denied = {"unshare": 1, "mount": 1, "setns": 1, "packet": 97}
        if not SANITIZED:
            denied["ptrace"] = 1
        self.assertEqual({name: got[name] for name in denied}, denied)
        status = parse_status(got["kept"])
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        kept = own_capabilities() & (NET_BIND_SERVICE | DAC_OVERRIDE | FOWNER)
        self.assertEqual(int(status["CapEff"], 16) & ~kept, 0)


@unittest.skipUnless(os.geteuid() == 0 and not TO_BECOME & ~own_capabilities(), "root alone can become another user")
class UserTest(Case):
    def setUp(self):
        super().setUp()
        self.user = pwd.getpwnam("nobody")

    def start(self, config, user="nobody"):
        """The program where `nobody` may execute it, too: an upgrade does."""
        directory = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="inferway-")))
        directory.chmod(0o755)
        binary = Path(shutil.copy(gateway_process.BINARY, directory / "inferway"))
        as_owner = ("sh", "-c", 'chown -R nobody . && exec "$@"', "sh")
        with unittest.mock.patch.object(gateway_process, "BINARY", str(binary)):
            return self.enterContext(Gateway(config, prefix=as_owner, options=["--user", user, "--filter-system-calls"]))

    def assert_is_nobody(self, pid, group):
        for status in statuses(pid):
            self.assertEqual(set(status["Uid"].split()), {str(self.user.pw_uid)})
            self.assertEqual(set(status["Gid"].split()), {str(group)})
            self.assertNotIn("0", status["Groups"].split())
        self.assert_confined(pid, NET_BIND_SERVICE, mode="2")

    def config(self, port, **more):
        return one_route(self.backend.url, listen=[f"127.0.0.1:{port}"], admin={"address": f"127.0.0.1:{self.admin}"},
                         **more)

    def serves(self, port):
        with socket.create_connection(("127.0.0.1", port), 5) as client:
            client.sendall(b"GET /v1/models HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            return client.recv(100).startswith(b"HTTP/1.1 200")

    def test_low_ports_reloads_and_upgrades_work_as_another_user(self):
        self.admin = unused_port()
        first = unused_low_port()
        gateway = self.start(self.config(first))
        self.assert_is_nobody(gateway.process.pid, self.user.pw_gid)
        self.assertTrue(self.serves(first))

        second = unused_low_port()
        gateway.config_path.write_text(to_yaml(self.config(second, log={"access": str(gateway.access_log_path)})))
        gateway.signal(signal.SIGHUP)
        eventually(lambda: "generation 2" in gateway.stderr())
        self.assertTrue(self.serves(second))

        gateway.signal(signal.SIGUSR2)
        eventually(lambda: "; this one ends" in gateway.stderr())
        line = next(line for line in gateway.log_lines() if "; this one ends" in line)
        follower = int(line.split("process ")[1].split(" ")[0])
        self.addCleanup(lambda: os.path.exists(f"/proc/{follower}") and os.kill(follower, signal.SIGTERM))
        self.assert_is_nobody(follower, self.user.pw_gid)
        self.assertTrue(self.serves(second))

    def test_numbers_will_do(self):
        self.admin = unused_port()
        gateway = self.start(self.config(unused_low_port()), user=f"{self.user.pw_uid}:12345")
        self.assert_is_nobody(gateway.process.pid, 12345)

    def test_in_a_container_s_confinement_it_starts_without_a_word(self):
        bare = ("setpriv", f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}", "--clear-groups", "--no-new-privs",
                "--bounding-set=-all", "--inh-caps=-all", "--")
        gateway = self.enterContext(Gateway(one_route(self.backend.url), options=["--filter-system-calls"], prefix=(
            "sh", "-c", 'chown -R nobody . && exec "$@"', "sh", *bare)))
        self.assert_confined(gateway.process.pid, 0, mode="2")
        self.assertNotIn("warning", gateway.stderr())

    def test_whoever_cannot_be_become_is_not_served_without(self):
        for user, why in (("no-such-user", "there is no user no-such-user"), ("nobody:no-such-group", "there is no group"),
                          ("54321", "54321:GID"), ("root", "must not be root"), ("0:0", "must not be root"),
                          ("4294967295:1", "no user")):
            with self.subTest(user=user):
                status, _, errors = run_inferway("serve", "--config", "/nowhere.yaml", "--user", user)
                self.assertEqual(status, 1)
                self.assertIn(why, errors)

    def test_files_are_read_as_the_user(self):
        with tempfile.NamedTemporaryFile(prefix="inferway-") as file:  # mode 0600, of root
            file.write(b"backends: {}\n")
            file.flush()
            status, _, errors = run_inferway("serve", "--config", file.name, "--user", "nobody")
        self.assertEqual(status, 2, errors)
        self.assertIn(file.name, errors)


if __name__ == "__main__":
    main()
