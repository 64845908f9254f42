"""The proxies, each configured as its makers advise for an API of this kind: one thread, upstream connections kept,
nothing held back. nginx and HAProxy write no access log and route by path alone; Inferway reads the model from the
body, writes an access log line a request, counts, and may try again."""

import dataclasses
import json
import subprocess

from .processes import Process

NGINX = """\
daemon off; master_process off; worker_processes 1; pid {dir}/nginx-{port}.pid; error_log {dir}/nginx.err crit;
events {{ worker_connections 32768; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 1h; tcp_nodelay on; client_max_body_size 0; {temporary}
  upstream model {{ server 127.0.0.1:{model}; keepalive 256; keepalive_requests 1000000000; keepalive_timeout 1h; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096{tls};
    location / {{
      proxy_pass http://model; proxy_http_version 1.1; proxy_buffering off; {body}
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; {connection}
    }}
  }}
}}
"""
NGINX_STREAMS_BODIES = "proxy_request_buffering off;"
NGINX_READS_BODIES = "proxy_request_buffering on; client_body_buffer_size 2m;"  # whole, and in memory
NGINX_KEEPS = 'proxy_set_header Connection "";'
NGINX_TLS = " ssl; ssl_certificate {0}; ssl_certificate_key {1}; ssl_protocols TLSv1.2 TLSv1.3"
HAPROXY_TLS = " ssl crt {2} ssl-min-ver TLSv1.2 alpn http/1.1"
NGINX_UPGRADES = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_read_timeout 1h;'

HAPROXY = """\
global
  nbthread 1
  maxconn {connections}
defaults
  mode http
  option http-no-delay
  option forwardfor
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
frontend data
  bind 127.0.0.1:{port} backlog 4096{tls}
  default_backend model
backend model
  server one 127.0.0.1:{model} pool-max-conn 256
"""


@dataclasses.dataclass
class Contender:
    name: str
    command: list
    port: int
    cores: str | None = None  # None: the proxy's core
    admin: int = 0

    def process(self, bench):
        return Process(self.name, self.command, self.cores or bench.proxy_core, bench.directory)


def nginx(bench, model, reads_bodies=False, upgrades=False, tls=None):
    port = bench.port()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    text = NGINX.format(
        dir=bench.directory, port=port, model=model, tls=NGINX_TLS.format(*tls) if tls else "",
        temporary=" ".join(f"{kind}_temp_path {bench.directory}/{kind};" for kind in kinds),
        body=NGINX_READS_BODIES if reads_bodies else NGINX_STREAMS_BODIES,
        connection=NGINX_UPGRADES if upgrades else NGINX_KEEPS,
    )  # fmt: skip
    config = bench.write(f"nginx-{port}.conf", text)
    return Contender("nginx", ["nginx", "-p", bench.directory, "-e", f"{bench.directory}/nginx.err", "-c", config], port)


def haproxy(bench, model, tls=None):
    port = bench.port()
    spoken = HAPROXY_TLS.format(*tls) if tls else ""
    text = HAPROXY.format(port=port, model=model, connections=bench.connections(), tls=spoken)
    config = bench.write(f"haproxy-{port}.conf", text)
    return Contender("HAProxy", ["haproxy", "-db", "-f", config], port)


def chat_routes(count):
    """Exact models on one path; the load client's models are among them."""
    return [
        {"match": {"path": "/v1/chat/completions", "model": f"model-{index:06}"}, "to": [{"backend": "model"}]}
        for index in range(count)
    ]


def path_route(path):
    return {"match": {"path": path}, "to": [{"backend": "model"}]}


def inferway(bench, model, routes=None, name="Inferway", threads=1, access=True, backend=None, cores=None, tls=None):
    port, admin = bench.port(), bench.port()
    spoken = {"tls": {"cert": str(tls[0]), "key": str(tls[1])}} if tls else {}
    config = {
        "listen": [{"address": f"127.0.0.1:{port}", **spoken}],
        "admin": {"address": f"127.0.0.1:{admin}"},
        "threads": threads,
        "log": {"level": "warn", "access": f"{bench.directory}/access-{port}.log" if access else "off"},
        "backends": {
            "model": {"endpoints": [f"http://127.0.0.1:{model}"], "pool": {"max_idle": 256}, **(backend or {})}
        },
        "routes": routes or chat_routes(10),
    }
    path = bench.write(f"inferway-{port}.yaml", json.dumps(config))  # JSON is YAML
    return Contender(name, [bench.inferway, "serve", "--config", path], port, cores, admin)


def all_three(bench, model, tls=None, **options):
    return [inferway(bench, model, tls=tls, **options), nginx(bench, model, tls=tls), haproxy(bench, model, tls=tls)]


def versions(bench):
    return {
        "Inferway": first_line([bench.inferway, "--version"]).split(" ")[-1],
        "nginx": first_line(["nginx", "-v"]).removeprefix("nginx version: nginx/"),
        "HAProxy": first_line(["haproxy", "-v"]).removeprefix("HAProxy version ").split(" ")[0],
    }


def first_line(command):
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return (ran.stdout.splitlines() or [""])[0].strip()
