"""Memory of the gateway for each idle event stream: without TLS, with TLS towards clients, and with TLS on both sides.

An event each has come through, then all rest. What the process holds beyond its memory after the first streams, divided by
the number of further streams. The end-to-end tests' own backend and clients serve here: they speak TLS."""

import os
import pathlib
import sys

from ..figures import Row

TESTS = pathlib.Path(__file__).resolve().parents[3] / "tests" / "e2e"


def idle_streams(bench):
    sys.path.insert(0, str(TESTS))
    os.environ["INFERWAY"] = str(bench.inferway)
    os.environ["INFERWAY_E2E_TLS"] = "1"
    kinds = {"no TLS": (False, False), "TLS towards clients": (True, False), "TLS on both sides": (True, True)}
    return [
        Row(f"idle stream, {name}", "RSS for each", [measure(500, *sides) / 1024], unit=" KiB") for name, sides in kinds.items()
    ]


def measure(count, client_tls, backend_tls):
    import secure
    from harness import Backend, Gateway, one_route, request, sse_event, sse_head

    event = sse_event({"choices": [{"delta": {"content": "hello"}}]})

    def one_event(connection):
        connection.read_request()
        connection.send(sse_head() + b"%x\r\n%s\r\n" % (len(event), event))
        connection.socket.settimeout(600)
        connection.socket.recv(1)

    secure.ON = backend_tls
    with Backend(one_event) as backend:
        listen = secure.listener("127.0.0.1:0") if client_tls else [{"address": "127.0.0.1:0"}]
        secure.ON = False
        config = one_route(backend.url, listen=listen, threads=1)
        config["backends"] = secure.trusting(config["backends"])
        with Gateway(config) as gateway:
            secure.gateway_ports.clear()
            if client_tls:
                secure.gateway_ports.add(gateway.port)
            secure.ON = backend_tls  # the backend looks at each connection
            clients = []

            def open_streams(number):
                for _ in range(number):
                    client = gateway.client()
                    client.send(request("GET", "/v1/stream"))
                    client.read_head().read_until(b"hello")
                    clients.append(client)

            open_streams(50)
            before = rss(gateway.pid)
            open_streams(count)
            after = rss(gateway.pid)
            for client in clients:
                client.close()
            secure.ON = False
    return (after - before) / count


def rss(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no VmRSS")

