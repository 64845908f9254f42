"""More bytes than any buffer holds, for tests of what happens to who sends them."""

import threading
import time

BLOCK = bytes(range(256)) * 4096  # 1 MiB
BIG = 200  # blocks
# How much the gateway itself may grow meanwhile: sanitizers and the allocator take some at first use.
GROWTH = 32 * len(BLOCK)
# What the kernel's buffers of two loopback connections may take, at their largest, and some of our own.
BOUND = 40 * len(BLOCK)


def resident_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


def stalled(count, quiet=0.4):
    """Waits until count() has not moved for that long: it cannot be seen otherwise that a writer is held back."""
    last, since = count(), time.monotonic()
    deadline = since + 20
    while time.monotonic() < deadline:
        time.sleep(0.02)
        if count() != last:
            last, since = count(), time.monotonic()
        elif time.monotonic() - since > quiet:
            return last
    raise AssertionError("it never came to a halt")


class Sender(threading.Thread):
    """Sends blocks as fast as they are taken; .sent counts them in bytes."""

    def __init__(self, sock, blocks, end=b""):
        super().__init__(daemon=True)
        self.sock, self.blocks, self.end = sock, blocks, end
        self.sent = 0
        self.broken = False
        self.sock.settimeout(60)
        self.start()

    def run(self):
        try:
            for _ in range(self.blocks):
                view = memoryview(BLOCK)
                while view:
                    done = self.sock.send(view[:65536])
                    view = view[done:]
                    self.sent += done
            self.sock.sendall(self.end)
        except OSError:
            self.broken = True
