"""The units: stopping leaves time to drain, the sandbox is closed, systemd itself finds nothing wrong where it is there."""

import pathlib
import re
import shutil
import tempfile
import unittest

import project
from project import ROOT, default_drain, run, seconds

MOST_EXPOSURE = 1.5  # of 10, as `systemd-analyze security` counts


def read_unit(text):
    """[(section, key, value)], comments gone."""
    section, out = None, []
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith(("#", ";")):
            key, _, value = line.partition("=")
            out.append((section, key, value))
    return out


class SystemdTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        prefix = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="inferway-units-"))) / "usr"
        project.install(prefix)
        cls.program = prefix / "bin/inferway"
        cls.units = prefix / "lib/systemd/system"
        cls.text = (cls.units / "inferway.service").read_text()
        cls.service = read_unit(cls.text)

    def values(self, key):
        return [value for section, name, value in self.service if section == "Service" and name == key]

    def value(self, key):
        (value,) = self.values(key)
        return value

    def test_the_program_is_the_one_that_was_installed(self):
        config = "--config /etc/inferway/inferway.yaml"
        self.assertEqual(self.value("ExecStart"), f"{self.program} serve {config}")
        self.assertEqual(self.values("ExecReload"), [f"{self.program} check {config}", "/bin/kill -HUP $MAINPID"])
        self.assertNotIn("@PROGRAM@", self.text)

    def test_stopping_leaves_time_to_drain(self):
        self.assertGreater(seconds(self.value("TimeoutStopSec")), default_drain())
        self.assertEqual((self.value("KillMode"), self.value("KillSignal")), ("mixed", "SIGTERM"))

    def test_the_service_says_when_it_is_ready(self):
        self.assertEqual(self.value("Type"), "notify")

    def test_descriptors_suffice_for_the_default_number_of_connections(self):
        reference = (ROOT / "docs/configuration.md").read_text()
        connections = int(re.search(r"^\| `connections` \| `(\d+)` \|", reference, re.MULTILINE)[1])
        self.assertGreaterEqual(int(self.value("LimitNOFILE")), 2 * connections + 512)

    def test_the_sandbox_is_closed(self):
        for key in ("DynamicUser", "NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome", "RestrictNamespaces",
                    "MemoryDenyWriteExecute", "LockPersonality", "RestrictSUIDSGID", "ProtectKernelTunables"):
            self.assertEqual(self.value(key), "yes", key)
        self.assertEqual(self.value("ProtectSystem"), "strict")
        self.assertEqual(self.value("CapabilityBoundingSet"), "")
        self.assertEqual(self.value("RestrictAddressFamilies"), "AF_INET AF_INET6 AF_UNIX")
        self.assertEqual(self.values("SystemCallFilter"), ["@system-service", "~@privileged"])

    def test_a_key_given_twice_is_meant(self):
        keys = [(section, key) for section, key, _ in self.service]
        twice = {key for key in keys if keys.count(key) > 1}
        self.assertEqual(twice, {("Service", "ExecReload"), ("Service", "SystemCallFilter")})

    def test_the_socket_is_the_default_data_port(self):
        socket = read_unit((self.units / "inferway.socket").read_text())
        self.assertIn(("Socket", "ListenStream", "0.0.0.0:8080"), socket)
        self.assertIn("| `listen` | `0.0.0.0:8080` |", (ROOT / "docs/configuration.md").read_text())

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze here")
    def test_systemd_finds_nothing_wrong(self):
        _, out, errors = run("systemd-analyze", "verify", "--man=no", self.units / "inferway.service",
                             self.units / "inferway.socket")
        # It looks at what these depend on, too; that is the machine's.
        self.assertEqual([line for line in (out + errors).splitlines() if "inferway" in line], [])

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze here")
    def test_systemd_counts_little_exposure(self):
        status, out, errors = run("systemd-analyze", "security", "--no-pager", "--offline=yes", self.units / "inferway.service")
        self.assertEqual(status, 0, errors)
        exposure = float(re.search(r"Overall exposure level for inferway.service: ([\d.]+)", out)[1])
        self.assertLessEqual(exposure, MOST_EXPOSURE)


if __name__ == "__main__":
    unittest.main(verbosity=2)
