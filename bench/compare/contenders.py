"""The proxies that are compared, each configured as its makers advise for a keep-alive API: one thread, kept upstream
connections, nothing held back. nginx and HAProxy write no access log and route by path; Inferway does more for each
request: it reads the model from the body, writes an access log line and counts."""

import dataclasses
import pathlib
import subprocess

ANSWER_BYTES = 620

# The model server double: a fixed answer, kept connections, no log. Cheap, so that the proxy is what saturates.
UPSTREAM = """\
daemon off; master_process off; worker_processes 1; pid {dir}/upstream.pid; error_log {dir}/upstream.err crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 1h; {paths}
  server {{
    listen 127.0.0.1:{upstream} backlog=1024;
    location / {{ default_type application/json; return 200 '{answer}'; }}
  }}
}}
"""

NGINX = """\
daemon off; master_process off; worker_processes 1; pid {dir}/nginx.pid; error_log {dir}/nginx.err crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 1h; tcp_nodelay on; {paths}
  upstream model {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000000; keepalive_timeout 1h; }}
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location / {{
      proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
}}
"""

HAPROXY = """\
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  option http-no-delay
  option forwardfor
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend data
  bind 127.0.0.1:{port}
  default_backend model
backend model
  server one 127.0.0.1:{upstream} pool-max-conn 256
"""

INFERWAY = """\
listen: 127.0.0.1:{port}
admin: {{address: 127.0.0.1:{admin}}}
threads: 1
log: {{level: warn, access: {dir}/access.log}}
backends:
  model:
    endpoints: ["http://127.0.0.1:{upstream}"]
    pool: {{max_idle: 256}}
routes:
"""
INFERWAY_ROUTE = """\
  - match: {{path: /v1/chat/completions, model: model-{index}}}
    to: [{{backend: model}}]
"""


@dataclasses.dataclass(frozen=True)
class Contender:
    name: str
    version: str
    command: list
    port: int


def upstream(directory, port):
    """The command of the model server double."""
    head = '{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"'
    tail = '"},"finish_reason":"stop"}],"usage":{"prompt_tokens":80,"completion_tokens":60,"total_tokens":140}}'
    answer = head + ("A sentence that says it all. " * 30)[: ANSWER_BYTES - len(head) - len(tail)] + tail
    config = UPSTREAM.format(dir=directory, upstream=port, answer=answer, paths=nginx_paths(directory))
    return ["nginx", "-p", str(directory), "-e", f"{directory}/upstream.err", "-c", write(directory, "upstream", config)]


def nginx(directory, port, upstream_port):
    config = NGINX.format(dir=directory, port=port, upstream=upstream_port, paths=nginx_paths(directory))
    command = ["nginx", "-p", str(directory), "-e", f"{directory}/nginx.err", "-c", write(directory, "nginx", config)]
    return Contender("nginx", first_line(["nginx", "-v"]).removeprefix("nginx version: nginx/"), command, port)


def haproxy(directory, port, upstream_port):
    config = HAPROXY.format(port=port, upstream=upstream_port)
    version = first_line(["haproxy", "-v"]).removeprefix("HAProxy version ").split(" ")[0]
    return Contender("HAProxy", version, ["haproxy", "-db", "-f", write(directory, "haproxy", config)], port)


def inferway(directory, program, port, upstream_port, admin_port):
    config = INFERWAY.format(dir=directory, port=port, upstream=upstream_port, admin=admin_port)
    config += "".join(INFERWAY_ROUTE.format(index=index) for index in range(10))
    path = write(directory, "inferway", config)
    version = first_line([program, "--version"]).split(" ")[-1]
    return Contender("Inferway", version, [program, "serve", "--config", path], port)


def nginx_paths(directory):
    """nginx wants its temporary files somewhere it may write, whoever runs it."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return " ".join(f"{kind}_temp_path {directory}/{kind};" for kind in kinds)


def write(directory, name, text):
    path = pathlib.Path(directory) / f"{name}.conf"
    path.write_text(text)
    return str(path)


def first_line(command):
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return (ran.stdout.splitlines() or [""])[0].strip()
