"""A model server on a real socket that misbehaves as a fault says, and its healthy twin. Both count what they were
asked and what they answered whole, by request id."""

import collections
import random
import threading
import time

import e2e_path  # noqa: F401
from harness import Backend

import content


class LedgerBackend(Backend):
    """`fault(connection, request)` for each request, request.id and request.stream filled in; it returns False when the
    connection has ended. `on_accept(connection)`: True when that was all there is to it."""

    def __init__(self, fault=None, on_accept=None, port=0):
        self.fault = fault or healthy
        self.on_accept = on_accept
        self.asked = collections.Counter()  # requests read whole, by id
        self.answered = collections.Counter()  # answers written whole and right, by id
        super().__init__(self._serve, port=port)

    def _serve(self, connection):
        try:
            self._serve_requests(connection)
        finally:
            with self.changed:
                self.all.remove(connection)

    def record(self, request):
        """Not kept: there may be hundreds of thousands."""
        request.whole = False

    def _serve_requests(self, connection):
        if self.on_accept is not None and self.on_accept(connection):
            return
        while (request := connection.read_request()) is not None:
            connection.received.clear()
            request.id = request.header("x-request-id") or ""
            request.stream = b'"stream": true' in request.body
            with self.changed:
                self.asked[request.id] += 1
            if self.fault(connection, request) is False:
                return

    def answer(self, connection, request):
        """The whole right answer. Counted before its last byte goes: who reads it may look at the count at once."""
        with self.changed:
            self.answered[request.id] += 1
        connection.send(content.whole_answer(request.id, request.stream))


def healthy(connection, request):
    connection.backend.answer(connection, request)


def bytes_then_close(make):
    """make(request): what is sent before an orderly end."""

    def fault(connection, request):
        connection.send(make(request))
        connection.close()
        return False

    return fault


def bytes_then_reset(make):
    def fault(connection, request):
        connection.send(make(request))
        connection.reset()
        return False

    return fault


def bytes_then_silence(make):
    """Nothing more comes; the connection stays until the other side has had enough."""

    def fault(connection, request):
        connection.send(make(request))
        connection.wait_closed(60)
        return False

    return fault


def answering_with(make):
    """An answer of its own; the connection goes on."""

    def fault(connection, request):
        connection.send(make(request))

    return fault


def trickling(connection, request):
    """Right, but a few bytes at a time."""
    answer = content.whole_answer(request.id, request.stream)
    for at in range(0, len(answer), 97):
        if at + 97 >= len(answer):
            with connection.backend.changed:
                connection.backend.answered[request.id] += 1
        connection.send(answer[at : at + 97])
        time.sleep(0.002)


def cut_at(position):
    """An orderly end behind that many bytes of the right answer, head and all."""

    def fault(connection, request):
        whole = content.whole_answer(request.id, request.stream)
        if position >= len(whole):
            connection.backend.answer(connection, request)
        else:
            connection.send(whole[:position])
        connection.close()
        return False

    return fault


def closing_at_random(seed=1):
    """Right answers, on connections that end at any moment after one: while they rest, or as the next request comes."""
    dice = random.Random(seed)
    lock = threading.Lock()

    def roll():
        with lock:
            return dice.random()

    def fault(connection, request):
        served = getattr(connection, "served", 0)
        if served > 0 and roll() < 0.2:  # the end that crosses the request
            connection.close()
            return False
        connection.backend.answer(connection, request)
        connection.served = served + 1
        if roll() < 0.3:
            time.sleep(roll() * 0.005)
            connection.close()
            return False
        return True

    return fault
