"""TLS clients that can do what Python's own do not offer: see and send records as bytes, update keys."""

import ctypes
import ctypes.util
import socket
import ssl

from harness import PATIENCE
from tls_client import trusting


class ByRecord:
    """A TLS client whose records pass through the test: what it would send is out(), what it gets is what came."""

    def __init__(self, gateway, context=None, name="gateway.test"):
        self.socket = socket.create_connection(("127.0.0.1", gateway.port), PATIENCE)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = (context or trusting()).wrap_bio(self._in, self._out, server_hostname=name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def first_flight(self):
        """The ClientHello, not sent."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return self._out.read()
        raise AssertionError("a handshake without a word")

    def handshake(self):
        self.exchange(self.tls.do_handshake)
        return self

    def records(self, data):
        """These bytes as the client would send them."""
        self.tls.write(data)
        return self._out.read()

    def goodbye(self):
        """close_notify, not sent."""
        try:
            self.tls.unwrap()
        except (ssl.SSLWantReadError, ssl.SSLSyscallError):
            pass
        return self._out.read()

    def send(self, raw):
        self.socket.sendall(raw)

    def read_all(self):
        """Everything up to the connection's end, and whether the server said goodbye."""
        data = b""
        try:
            while True:
                piece = self.exchange(lambda: self.tls.read(65536))
                if not piece:
                    return data, True
                data += piece
        except ssl.SSLZeroReturnError:
            return data, True
        except (ConnectionError, ssl.SSLError):
            return data, False

    def exchange(self, step):
        """`step`, fed with what comes; ConnectionError at the connection's end."""
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                if self._out.pending:
                    self.socket.sendall(self._out.read())
                piece = self.socket.recv(65536)
                if not piece:
                    raise ConnectionError("ended") from None
                self._in.write(piece)
            finally:
                if self._out.pending:
                    self.socket.sendall(self._out.read())


def rest_of(sock):
    """What still comes, up to the end or a reset."""
    data = b""
    try:
        while piece := sock.recv(65536):
            data += piece
    except ConnectionError:
        pass
    return data


class Updating:
    """A client that sends a request, and key updates as many as it is told to (RFC 8446, section 4.6.3). It trusts
    everybody: it is not what is tested."""

    TLS1_3 = 0x0304

    def __init__(self, gateway):
        self.lib = ctypes.CDLL(ctypes.util.find_library("ssl") or "libssl.so.3")
        for function in ("TLS_client_method", "SSL_CTX_new", "SSL_new"):
            getattr(self.lib, function).restype = ctypes.c_void_p
        self.socket = socket.create_connection(("127.0.0.1", gateway.port), PATIENCE)
        self.socket.setblocking(True)  # OpenSSL reads and writes it
        self.context = ctypes.c_void_p(self.lib.SSL_CTX_new(ctypes.c_void_p(self.lib.TLS_client_method())))
        self.ssl = ctypes.c_void_p(self.lib.SSL_new(self.context))
        self.lib.SSL_set_fd(self.ssl, self.socket.fileno())
        assert self.lib.SSL_connect(self.ssl) == 1
        assert self.lib.SSL_version(self.ssl) == self.TLS1_3

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lib.SSL_free(self.ssl)
        self.lib.SSL_CTX_free(self.context)
        self.socket.close()

    def update(self, times, ask_back=False):
        """False when the connection did not take them all."""
        for _ in range(times):
            if self.lib.SSL_key_update(self.ssl, int(ask_back)) != 1 or self.lib.SSL_do_handshake(self.ssl) != 1:
                return False
        return True

    def write(self, data):
        return self.lib.SSL_write(self.ssl, data, len(data)) == len(data)

    def read(self):
        buffer = ctypes.create_string_buffer(65536)
        size = self.lib.SSL_read(self.ssl, buffer, len(buffer))
        return buffer.raw[: max(size, 0)]
