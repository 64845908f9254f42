"""What stands between the hostile client and the recording backend: Inferway, nginx, HAProxy, each as one would set it
up to pass everything on to one server over kept connections."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import e2e_path  # noqa: F401
from harness import Gateway, one_route, unused_port

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

NGINX_CONFIG = """\
daemon off;
master_process off;
pid {directory}/pid;
error_log {directory}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  upstream main {{ server 127.0.0.1:{backend}; keepalive 8; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://main;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_next_upstream off;
    }}
  }}
}}
"""

HAPROXY_CONFIG = """\
global
  maxconn 256
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend front
  bind 127.0.0.1:{port}
  default_backend main
backend main
  server main 127.0.0.1:{backend}
"""


class _Front:
    """A process with one configuration file; ready when it takes connections."""

    def __init__(self, template, name, command, backend):
        self.port = unused_port()
        self._directory = tempfile.TemporaryDirectory(prefix="inferway-hostile-")
        path = Path(self._directory.name) / name
        path.write_text(template.format(port=self.port, backend=backend, directory=path.parent), encoding="ascii")
        self.process = subprocess.Popen([*command, str(path)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def __enter__(self):
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if time.monotonic() > until:
                    self.__exit__()
                    raise

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self._directory.cleanup()


def _version(command, pattern):
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return (done.stdout + done.stderr).split(pattern)[1].split()[0].split("-")[0]


def inferway(backend):
    return Gateway(one_route(f"http://127.0.0.1:{backend}", backend={"outlier": {"max_ejected_percent": 0}}))


def all_fronts():
    """[(name with version, a function of the backend's port)] of what is installed."""
    fronts = [("Inferway", inferway)]
    nginx, haproxy = shutil.which("nginx", path=PATH), shutil.which("haproxy", path=PATH)
    if nginx:
        name = "nginx " + _version([nginx, "-v"], "nginx/")
        fronts.append((name, lambda port: _Front(NGINX_CONFIG, "nginx.conf", [nginx, "-c"], port)))
    if haproxy:
        name = "HAProxy " + _version([haproxy, "-v"], "version ")
        fronts.append((name, lambda port: _Front(HAPROXY_CONFIG, "haproxy.cfg", [haproxy, "-db", "-f"], port)))
    return fronts
