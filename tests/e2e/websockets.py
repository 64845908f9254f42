"""WebSocket by hand: handshakes and frames as bytes, so that tests can send wrong ones, too. RFC 6455."""

import base64
import contextlib
import hashlib
import unittest

from gateway_process import Gateway, one_route
from held_backend import HeldBackend
from raw_client import request

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the RFC's own example
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
MASK = b"\x11\x22\x33\x44"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def accept_of(key):
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    return base64.b64encode(digest).decode()


HANDSHAKE = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Key", KEY),
    ("Sec-WebSocket-Version", "13"),
]


def handshake(path="/v1/realtime?model=m", headers=(), method="GET", without=(), version="1.1", body=None):
    """A client's handshake; `without`: names of its fields that are left out."""
    fields = [(name, value) for name, value in HANDSHAKE if name not in without]
    return request(method, path, [*fields, *headers], body, version)


def switching(headers=(), accept=ACCEPT, without=()):
    """A backend's 101."""
    fields = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept), *headers]
    lines = [f"{name}: {value}" for name, value in fields if name not in without]
    return "\r\n".join(["HTTP/1.1 101 Switching Protocols", *lines, "", ""]).encode()


def frame(payload=b"", opcode=TEXT, final=True, masked=False):
    """One frame; a client's are masked."""
    size = len(payload)
    if size < 126:
        length = bytes([size | (128 if masked else 0)])
    elif size < 65536:
        length = bytes([126 | (128 if masked else 0)]) + size.to_bytes(2, "big")
    else:
        length = bytes([127 | (128 if masked else 0)]) + size.to_bytes(8, "big")
    head = bytes([opcode | (128 if final else 0)]) + length
    return head + (MASK + unmask(payload, MASK) if masked else payload)


def unmask(payload, mask):
    keys = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(keys, "big")).to_bytes(len(payload), "big")


def close_frame(code, masked=False):
    return frame(code.to_bytes(2, "big"), CLOSE, masked=masked)


def close_code(data):
    """The code of the one Close frame that `data` is, masked or not; asserts that it is nothing else."""
    assert data[0] == 0x80 | CLOSE, data
    masked, size = data[1] & 128, data[1] & 127
    payload = unmask(data[6:], data[2:6]) if masked else data[2:]
    assert size == len(payload) == 2, data
    return int.from_bytes(payload, "big"), bool(masked)


@contextlib.contextmanager
def opened(gateway, backend, headers=(), answer_headers=(), **options):
    """A client and a backend's connection with a WebSocket between them."""
    with gateway.client(**options) as client:
        client.send(handshake(headers=headers))
        connection, _ = backend.take_request()
        connection.send(switching(answer_headers))
        response = client.read_head()
        assert response.status == 101, response
        yield client, connection


def take(connection, size):
    """So many bytes from the gateway, as they came."""
    while len(connection.buffer) < size:
        assert connection._receive(), f"the gateway ended the connection: {connection.buffer!r}"
    taken, connection.buffer = connection.buffer[:size], connection.buffer[size:]
    return taken




def record_of(gateway):
    """Of the one record, once it is there: (status, error, truncated)."""
    (record,) = gateway.access_log(1)
    return record["status"], record.get("error"), record["truncated"]


class TunnelCase(unittest.TestCase):
    def start(self, idle="60s", on_client_cancel="abort", **top):
        """A gateway of its own before a backend that the test drives."""
        self.backend = self.enterContext(HeldBackend())
        config = one_route(self.backend.url, backend={"timeouts": {"idle": idle}, "on_client_cancel": on_client_cancel}, threads=1, **top)
        self.gateway = self.enterContext(Gateway(config))
        return self.gateway, self.backend

    def open(self, **options):
        return self.enterContext(opened(self.gateway, self.backend, **options))
