"""What the tests and the report both do: some backends, a front (Inferway or another) before them, and a ledger of what
its clients got. `front(*urls)` is a context manager with a .port; `then(front, ledger, backends)` looks at the rest."""

import contextlib
import threading

import e2e_path  # noqa: F401

import content
import faulty_backend
from faulty_backend import LedgerBackend
from ledger import Ledger
from mock_process import MockChecker, MockProcess
from waiting import eventually


def nothing_else(_front, _ledger, _backends):
    pass


def meet(fault, front, count=24, then=nothing_else):
    """A faulty backend and its healthy twin in turn."""
    with fault.backend() as bad, LedgerBackend() as good, front(fault.url(bad), good.url) as gateway:
        ledger = Ledger(gateway.port, streams=fault.kinds).run(count)
        then(gateway, ledger, (bad, good))
    return ledger


class CuttingBackend(LedgerBackend):
    """Cuts each answer one byte later than the one before."""

    def __init__(self):
        self.position = 0
        super().__init__(self._cut)

    def _cut(self, connection, request):
        with self.changed:
            position = self.position
            self.position += 1
        return faulty_backend.cut_at(position)(connection, request)


def cut_everywhere(stream, front, then=nothing_else):
    """An answer cut at every byte position, beside a healthy twin."""
    size = len(content.whole_answer("run00-0000", stream))
    with CuttingBackend() as bad, LedgerBackend() as good, front(bad.url, good.url) as gateway:
        ledger = Ledger(gateway.port, connections=4, streams=[stream])
        ledger.run(2 * (size + 40))  # every other one meets the cutting one
        assert bad.position > size, "not every position had its turn"
        then(gateway, ledger, (bad, good))
    return ledger


def close_idle_at_random(front, count=1000, then=nothing_else):
    """One backend, whose kept connections end while they rest or as the next request comes."""
    with LedgerBackend(faulty_backend.closing_at_random(seed=7)) as backend, front(backend.url) as gateway:
        ledger = Ledger(gateway.port).run(count)
        then(gateway, ledger, (backend,))
    return ledger


def kill_under_load(front, kills=6, then=nothing_else):
    """Two mock processes, one of which is killed and started again, time and again."""
    with contextlib.ExitStack() as stack:
        reference = stack.enter_context(MockProcess())
        slow = ("--first-token", "30ms", "--token-interval", "5ms")
        mocks = [stack.enter_context(MockProcess(*slow)) for _ in range(2)]
        gateway = stack.enter_context(front(*(mock.url for mock in mocks)))
        ledger = Ledger(gateway.port, connections=16, checker=MockChecker(reference))
        running = threading.Thread(target=ledger.run)
        running.start()
        try:
            for number in range(kills):
                done = len(ledger.outcomes)
                eventually(lambda: len(ledger.outcomes) >= done + 40, timeout=20, what="40 more answers")
                mocks[number % 2].kill()
                done = len(ledger.outcomes)
                eventually(lambda: len(ledger.outcomes) >= done + 20, timeout=20, what="20 more answers")
                mocks[number % 2].start()
        finally:
            ledger.stop()
            running.join()
        then(gateway, ledger, None)
    return ledger
