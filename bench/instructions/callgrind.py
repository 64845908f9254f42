"""The gateway under callgrind: its user-space instructions, phase by phase, of all threads. Totals need no symbols, so
the program is the one that ships."""

import pathlib
import re
import socket
import subprocess
import time

PATIENCE = 60  # seconds

CONFIG = """\
listen: 127.0.0.1:0
admin: {{address: 127.0.0.1:0}}
threads: 1
log: {{level: info, access: {directory}/access.log}}
backends:
  model: {{endpoints: ["http://127.0.0.1:{backend_port}"]}}
routes:
"""
ROUTE = """\
  - {{match: {{path: /v1/chat/completions, model: model-{number}}}, to: [{{backend: model}}]}}
"""


class Gateway:
    """Ready when the constructor returns; close() ends it."""

    def __init__(self, program, directory, backend_port, models):
        self._directory = pathlib.Path(directory)
        self._dumps = 0
        config = self._directory / "inferway.yaml"
        routes = "".join(ROUTE.format(number=number) for number in range(models))
        config.write_text(CONFIG.format(directory=directory, backend_port=backend_port) + routes, encoding="utf-8")
        self._log = self._directory / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    "valgrind",
                    "--tool=callgrind",
                    "--callgrind-out-file=counts",
                    "--log-file=valgrind.log",
                    program,
                    "serve",
                    "--config",
                    str(config),
                ],
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        found = self._wait_for(lambda: re.search(r"listening on \S*:(\d+)(?=[\s\S]*\bready\b)", self._log.read_text()))
        self.port = int(found.group(1))

    def instructions(self):
        """How many there were since the last call."""
        self._dumps += 1
        counts = self._directory / f"counts.{self._dumps}"
        # What callgrind_control does, without its Perl.
        subprocess.run(["vgdb", f"--pid={self._process.pid}", "dump"], check=True, capture_output=True)
        total = self._wait_for(lambda: counts.exists() and re.search(r"^totals: (\d+)", counts.read_text(), re.MULTILINE))
        return int(total.group(1))

    def close(self):
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()

    def _wait_for(self, found):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self._process.poll() is None:
            result = found()
            if result:
                return result
            time.sleep(0.02)
        self.close()
        told = self._log.read_text() + (self._directory / "valgrind.log").read_text()
        raise SystemExit(f"the gateway under callgrind did not do as it should:\n{told}")
