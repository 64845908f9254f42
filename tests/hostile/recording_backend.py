"""A server that keeps every byte it gets, and answers what it takes for a whole request, or what it was told to."""

import socket
import threading

import e2e_path  # noqa: F401
from readers import CUT, read

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class RecordingBackend:
    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.answer = OK  # to a request for anything but /second
        self._lock = threading.Lock()
        self._received = {}  # by connection, since forget()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.forget()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        mine = bytearray()
        with self._lock:
            self._received[connection] = mine
        answered = 0
        try:
            while data := connection.recv(65536):
                mine += data
                whole = [request for request in read(mine) if request != CUT]
                for request in whole[answered:]:
                    connection.sendall(OK if request[1].endswith(b"/second") else self.answer)
                answered = len(whole)
        except OSError:
            pass
        finally:
            connection.close()

    def received(self):
        """What came on each connection that anything came on."""
        with self._lock:
            return [bytes(data) for data in self._received.values() if data]

    def forget(self):
        """Ends all connections, so that the next case has its own."""
        with self._lock:
            for connection in self._received:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self._received = {}
