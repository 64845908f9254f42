"""A TLS client for tests that are about TLS, and gateways that listen with it."""

import signal
import socket
import ssl
import unittest

from certificates import Authority
from harness import PATIENCE, Backend, Gateway, eventually, one_route, request

CA = Authority()
OTHER_CA = Authority("Another CA")


def trusting(ca=CA, **options):
    context = ssl.create_default_context(cafile=ca.cert)
    for name, value in options.items():
        setattr(context, name, value)
    return context


def connect(gateway, context=None, name="gateway.test", session=None):
    sock = socket.create_connection(("127.0.0.1", gateway.port), PATIENCE)
    try:
        return (context or trusting()).wrap_socket(
            sock, server_hostname=name, session=session, suppress_ragged_eofs=False
        )
    except OSError:
        sock.close()
        raise


def read_answer(sock):
    """Everything up to the end of an answer with a Content-Length."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        assert piece, data
        data += piece
    head, body = data.split(b"\r\n\r\n", 1)
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    while len(body) < length:
        body += sock.recv(65536)
    return head, body


def common_name(sock):
    return dict(pair for entry in sock.getpeercert()["subject"] for pair in entry)["commonName"]


class TlsCase(unittest.TestCase):
    def start(self, tls=None, handler=None, limits=None, timeouts=None, **options):
        self.backend = self.enterContext(Backend(handler))
        tls = tls or CA.identity("gateway.test").tls()
        config = one_route(self.backend.url, listen=[{"address": "127.0.0.1:0", "tls": tls}], **options)
        config.update({"limits": limits or {}, "timeouts": timeouts or {}})
        self.gateway = self.enterContext(Gateway(config))
        return self.gateway

    def ask(self, **options):
        """One request on a connection of its own: the connection, still open."""
        sock = self.enterContext(connect(self.gateway, **options))
        sock.sendall(request("GET", "/v1/a"))
        self.assertIn(b" 200 ", read_answer(sock)[0])
        return sock

    def reload(self):
        done = lambda: self.gateway.stderr().count("read anew")  # noqa: E731
        before = done()
        self.gateway.signal(signal.SIGHUP)
        eventually(lambda: done() > before, what="the reload")

    def failures(self, cause):
        return self.gateway.metric("inferway_client_tls_failures_total", cause=cause)

    def wait_failure(self, cause, count=1):
        eventually(lambda: self.failures(cause) >= count, what=f"{count} of {cause}")
