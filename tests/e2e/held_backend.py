"""A backend that does nothing by itself: the test drives each connection, step by step, on its own thread."""

import contextlib
import queue
import select
import socket
import threading

from model_backend import Backend
from waiting import PATIENCE


class HeldBackend(Backend):
    """take() is the next connection from the gateway, take_request() that and the request on it. They stay open until
    the test or the gateway ends them."""

    def __init__(self, **options):
        self._arrived = queue.Queue()
        self._over = threading.Event()
        super().__init__(self._hold, **options)

    def _hold(self, connection):
        self._arrived.put(connection)
        self._over.wait()

    def take(self, timeout=PATIENCE):
        return self._arrived.get(timeout=timeout)

    def take_request(self, timeout=PATIENCE):
        connection = self.take(timeout)
        request = connection.read_request()
        assert request is not None, "the gateway ended the connection without a request"
        return connection, request

    def close(self, check=True):
        self._over.set()
        super().close(check)


def first_readable(connections, timeout=PATIENCE):
    """The one of these connections on which something comes first."""
    by_socket = {connection.socket: connection for connection in connections}
    ready = select.select(list(by_socket), [], [], timeout)[0]
    assert ready, "nothing came on any connection"
    return by_socket[ready[0]]


@contextlib.contextmanager
def black_hole():
    """A port that takes no connection: the queue of its listener is full, so the kernel drops what asks."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        for filler in fillers:
            filler.close()
