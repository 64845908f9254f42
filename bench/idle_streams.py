#!/usr/bin/python3
"""Memory of the gateway for each idle event stream: without TLS, with TLS towards clients, and with TLS on both sides.

An event each has come through, then all rest. What the process holds beyond its memory after the first streams, divided by
the number of further streams. Prints a Markdown table."""

import argparse
import os
import pathlib
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "e2e"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inferway", required=True, metavar="PROGRAM")
    parser.add_argument("--streams", type=int, default=1000)
    options = parser.parse_args()
    os.environ["INFERWAY"] = os.path.abspath(options.inferway)
    os.environ["INFERWAY_E2E_TLS"] = "1"
    print(f"{options.streams} idle streams, 1 thread, two sockets each\n")
    print("| TLS | RSS per stream |\n|---|---|")
    for name, client_tls, backend_tls in (
        ("none", False, False),
        ("towards clients", True, False),
        ("on both sides", True, True),
    ):
        print(f"| {name} | {measure(options.streams, client_tls, backend_tls) / 1024:.1f} KiB |", flush=True)


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


if __name__ == "__main__":
    main()
