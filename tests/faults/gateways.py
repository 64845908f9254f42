"""What stands between the ledger's client and the backends: Inferway, or HAProxy set up for the same."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import e2e_path  # noqa: F401
from harness import Gateway, unused_port

# Long for a loaded machine, short for a test.
DEADLINE = 1.0


def config(*urls, route=None, backend=None, **top):
    """Two tries beyond the first on these endpoints in turn. What would keep a bad endpoint from being tried is off:
    each fault is to be met, not avoided."""
    ms = f"{int(DEADLINE * 1000)}ms"
    return {
        "backends": {
            "main": {
                "endpoints": list(urls),
                "balance": "round_robin",
                "timeouts": {"connect": ms, "first_byte": ms, "idle": ms},
                "outlier": {"consecutive_failures": 1_000_000, "max_ejected_percent": 0},
                "cooldown": {"on": []},
                **(backend or {}),
            }
        },
        "routes": [
            {
                "name": "all",
                "match": {"path": "/*"},
                "to": [{"backend": "main"}],
                "retry": {"attempts": 2, "budget_percent": 100, "backoff": "5ms"},
                **(route or {}),
            }
        ],
        **top,
    }


def inferway(*urls, **options):
    return Gateway(config(*urls, **options))


HAPROXY = shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")

HAPROXY_CONFIG = """\
global
  maxconn 4000
defaults
  mode http
  timeout connect {ms}ms
  timeout client 30s
  timeout server {ms}ms
  retries 2
  option redispatch 1
  retry-on all-retryable-errors
frontend front
  bind 127.0.0.1:{port}
  default_backend main
backend main
  balance roundrobin
{servers}
"""


class Haproxy:
    """Debian's, with what it has for the same purpose."""

    def __init__(self, *urls):
        self.port = unused_port()
        self._directory = tempfile.TemporaryDirectory(prefix="inferway-haproxy-")
        path = Path(self._directory.name) / "haproxy.cfg"
        servers = "\n".join(f"  server s{i} {url.removeprefix('http://')}" for i, url in enumerate(urls))
        path.write_text(
            HAPROXY_CONFIG.format(ms=int(DEADLINE * 1000), port=self.port, servers=servers), encoding="ascii"
        )
        self.process = subprocess.Popen([HAPROXY, "-db", "-f", str(path)], stderr=subprocess.DEVNULL)

    def __enter__(self):
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if time.monotonic() > until:
                    raise

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self._directory.cleanup()

    @staticmethod
    def version():
        out = subprocess.run([HAPROXY, "-v"], capture_output=True, text=True, check=True).stdout
        return out.split(" ")[2].split("-")[0]
