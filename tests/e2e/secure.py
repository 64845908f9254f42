"""TLS for tests that are about something else: with INFERWAY_E2E_TLS set, gateways listen with TLS, clients and backends
speak it, and the tests themselves notice nothing. What is about TLS itself stands in tls_test.py."""

import functools
import os
import socket
import ssl

from certificates import Authority

ON = bool(os.environ.get("INFERWAY_E2E_TLS"))
gateway_ports = set()  # where clients speak TLS


@functools.lru_cache(maxsize=None)
def authority():
    return Authority()


@functools.lru_cache(maxsize=None)
def _client_context():
    return ssl.create_default_context(cafile=authority().cert)


@functools.lru_cache(maxsize=None)
def _server_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity = authority().identity("127.0.0.1", "::1", "localhost")
    context.load_cert_chain(identity.cert, identity.key)
    return context


def listener(address):
    """As `listen` has it."""
    return [{"address": address, "tls": authority().identity("127.0.0.1", "::1", "localhost").tls()}]


def trusting(backends):
    """The same backends, trusting this test's CA where they speak TLS."""
    urls = lambda backend: [e["url"] if isinstance(e, dict) else e for e in backend.get("endpoints", [])]  # noqa: E731
    secure = lambda backend: any(url.startswith("https:") for url in urls(backend))  # noqa: E731
    return {
        name: {"tls": {"ca": authority().cert}, **backend} if secure(backend) else backend
        for name, backend in backends.items()
    }


def wrap_client(sock, host):
    # An end without close_notify is an error, as it is to every careful client.
    return _client_context().wrap_socket(sock, server_hostname=host, suppress_ragged_eofs=False)


def wrap_server(sock):
    return _server_context().wrap_socket(sock, server_side=True, suppress_ragged_eofs=False)


def say_goodbye(sock):
    """close_notify, without waiting for the peer's."""
    if not isinstance(sock, ssl.SSLSocket):
        return
    try:
        sock.setblocking(False)
        sock.unwrap()
    except (OSError, ValueError):
        pass


def shutdown_write(sock):
    """An orderly end of what we have to say: TLS is told, then TCP. What the peer says can still be read."""
    if isinstance(sock, ssl.SSLSocket):
        timeout = sock.gettimeout()
        say_goodbye(sock)
        sock.settimeout(timeout)
        socket.socket.shutdown(sock, socket.SHUT_WR)  # SSLSocket.shutdown() would forget about TLS
    else:
        sock.shutdown(socket.SHUT_WR)


def receive(sock, size):
    """recv() whose errors are those of a plain socket: a missing close_notify is a reset."""
    try:
        return sock.recv(size)
    except ssl.SSLError as error:
        if isinstance(error, ssl.SSLZeroReturnError):
            return b""
        raise ConnectionResetError(str(error)) from error


def buffered(sock):
    """Whether there is something to read that select() does not know of."""
    return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
