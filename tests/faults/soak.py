#!/usr/bin/env python3
"""Random faults for a long time: books that must balance, and memory that must not grow.

tests/faults/soak.py --inferway build/release/inferway [--minutes 10 | --seconds 20]"""

import argparse
import os
import random
import sys
import threading
import time
import unittest


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inferway", default=os.environ.get("INFERWAY", "build/release/inferway"))
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seconds", type=float, help="instead of --minutes")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


OPTIONS = arguments()
os.environ["INFERWAY"] = os.path.abspath(OPTIONS.inferway)  # read by the harness when it is imported

# pylint: disable=wrong-import-position
import e2e_path  # noqa: E402, F401
import catalogue  # noqa: E402
import faulty_backend  # noqa: E402
from faulty_backend import LedgerBackend  # noqa: E402
from flooding import resident_bytes  # noqa: E402
from gateways import inferway  # noqa: E402
from ledger import Ledger, check_books  # noqa: E402

MIB = 1024 * 1024
WARM_UP = 0.4  # of the time: caches, pools and the allocator fill
# A leak of one small object a request would be more than this; below five minutes, noise would be, too.
MOST_MIB_A_MINUTE = 0.5
MOST_MIB_SHORT = 24
SHORT_SECONDS = 300


class RandomBackend(LedgerBackend):
    """Most answers are right; the others meet any fault of the catalogue. Silence costs a deadline, and is rare."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        faults = [f for f in catalogue.ALL if f.fault and "sil" not in f.name and "stall" not in f.name]
        slow = [f for f in catalogue.ALL if f.fault and ("sil" in f.name or "stall" in f.name)]
        self.quick, self.slow = faults, slow
        super().__init__(self._random, self._on_accept)

    def _roll(self, choose):
        with self.changed:
            return choose(self.dice)

    def _on_accept(self, connection):
        how = self._roll(lambda dice: dice.random())
        if how < 0.02:
            return catalogue.accepted_and_closed(connection)
        if how < 0.04:
            return catalogue.accepted_and_reset(connection)
        return False

    def _random(self, connection, request):
        share = self._roll(lambda dice: dice.random())
        if share < 0.7:
            return faulty_backend.healthy(connection, request)
        among = self.slow if share < 0.705 else self.quick
        among = [fault for fault in among if request.stream in fault.kinds]
        return self._roll(lambda dice: dice.choice(among)).fault(connection, request)


class Memory(threading.Thread):
    """The gateway's resident memory, once a second."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid = pid
        self.samples = []  # (seconds, bytes)
        self.over = threading.Event()
        self.start()

    def run(self):
        begun = time.monotonic()
        while not self.over.wait(1):
            self.samples.append((time.monotonic() - begun, resident_bytes(self.pid)))

    def slope(self):
        """MiB a minute, the straight line through what came after the warm-up; and its seconds."""
        rest = self.samples[int(len(self.samples) * WARM_UP) :]
        if len(rest) < 3:
            return 0.0, 0.0
        mean_x = sum(x for x, _ in rest) / len(rest)
        mean_y = sum(y for _, y in rest) / len(rest)
        above = sum((x - mean_x) * (y - mean_y) for x, y in rest)
        below = sum((x - mean_x) ** 2 for x, _ in rest)
        return above / below * 60 / MIB, rest[-1][0] - rest[0][0]


def main():
    seconds = OPTIONS.seconds or OPTIONS.minutes * 60
    case = unittest.TestCase()
    with RandomBackend(OPTIONS.seed) as first, RandomBackend(OPTIONS.seed + 1) as second, LedgerBackend() as third:
        backends = (first, second, third)
        with inferway(*(b.url for b in backends), threads=2, log={"level": "info"}) as gateway:
            ledger = Ledger(gateway.port, OPTIONS.connections, pace=0.005)
            memory = Memory(gateway.pid)
            ledger.run(seconds=seconds)
            memory.over.set()
            memory.join()
            check_books(case, ledger, gateway, backends)
            connects = gateway.metric("inferway_upstream_connects_total")
    counts = ledger.count()
    classes = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    print(f"{len(ledger.outcomes)} requests in {seconds:.0f} s: {classes}")
    print(f"{connects:.0f} connections upstream; each request once in client, access log and metrics, answered once")
    slope, measured = memory.slope()
    sizes = [size for _, size in memory.samples] or [0]
    print(f"memory: {sizes[0] / MIB:.1f} to {sizes[-1] / MIB:.1f} MiB, after the warm-up {slope:+.3f} MiB a minute")
    if counts["hung"] or counts["truncated"]:
        print(ledger.examples("hung", "truncated"), file=sys.stderr)
        return 1
    short = seconds < SHORT_SECONDS
    if slope * measured / 60 > MOST_MIB_SHORT if short else slope > MOST_MIB_A_MINUTE:
        print("memory grows", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
