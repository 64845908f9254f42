"""The gateway with the counting library (counting.cpp) before its malloc, and what that library counted."""

import mmap
import os
import re
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
from gateway_process import BINARY, Gateway  # noqa: E402  pylint: disable=wrong-import-position

# ledger.hpp
FRAMES, RECORDS, KINDS = 32, 4096, ("?", "malloc", "calloc", "realloc", "aligned", "free")
LEDGER, RECORD = struct.Struct("5Q"), struct.Struct(f"QIHBx{FRAMES}Q")
WANTED_AT, RECORDED_AT = 3 * 8, 4 * 8


class CountedGateway(Gateway):
    """A Gateway whose allocations are counted: allocations(), frees(), and what was recorded since record()."""

    def __init__(self, config):
        self._file = tempfile.NamedTemporaryFile(prefix="inferway-allocations-")
        self._file.truncate(LEDGER.size + RECORDS * RECORD.size)
        self._ledger = mmap.mmap(self._file.fileno(), 0)
        library = os.path.abspath(os.environ["COUNTING"])
        seen = {"INFERWAY_CORE_DUMPS": "1"}  # its map of addresses, also where we are not root
        super().__init__(config, env={"LD_PRELOAD": library, "INFERWAY_ALLOCATIONS": self._file.name, **seen})
        # A library that cannot be loaded is only a message of the loader's, and all would count as 0.
        if self.counts()[0] == 0:
            self.kill()
            raise AssertionError(f"{library} does not count")

    def counts(self):
        """(allocations, frees) of all threads so far."""
        return LEDGER.unpack_from(self._ledger)[:2]

    def record(self, count=RECORDS):
        """The next allocations are recorded with their call stacks, as many as `count`."""
        struct.pack_into("Q", self._ledger, RECORDED_AT, 0)
        struct.pack_into("Q", self._ledger, WANTED_AT, min(count, RECORDS))

    def recorded(self):
        """What was recorded since: [(kind, size, thread, return addresses from the innermost out)]."""
        count = min(LEDGER.unpack_from(self._ledger)[4], RECORDS)
        struct.pack_into("Q", self._ledger, WANTED_AT, 0)
        found = []
        for index in range(count):
            size, thread, depth, kind, *frames = RECORD.unpack_from(self._ledger, LEDGER.size + index * RECORD.size)
            found.append((KINDS[kind], size, thread, tuple(frames[:depth])))
        return found

    def call_sites(self, per):
        """Text: where the recorded allocations come from, the most frequent first, counted per `per` of them."""
        records = self.recorded()
        maps = Path(f"/proc/{self.pid}/maps").read_text(encoding="utf-8")
        names = symbols({frame for *_, frames in records for frame in frames}, maps)
        threads = {t: Path(f"/proc/{self.pid}/task/{t}/comm").read_text(encoding="utf-8").strip() for _, _, t, _ in records}
        sites = Counter((kind, size, threads[thread], frames) for kind, size, thread, frames in records)
        out = []
        for (kind, size, thread, frames), count in sites.most_common():
            out.append(f"{count / per:7.2f}  {kind} {size} B, thread {thread}")
            calls = [name for frame in frames for name in names[frame]]
            # What resumes the coroutine is the same for all.
            end = next((i for i, call in enumerate(calls) if "awaitable_thread::pump" in call), len(calls))
            out += [f"           {call}" for call in calls[:end]]
        return "\n".join(out)


def symbols(addresses, maps):
    """{return address: [function (file:line), the inlined ones first]}, of the gateway's own code only."""
    program = os.path.realpath(BINARY)
    areas = [re.match(r"(\w+)-(\w+) \S+ (\w+) \S+ \S+ +(.*)", line).groups() for line in maps.splitlines() if "/" in line]
    own = [(int(start, 16), int(end, 16)) for start, end, _, path in areas if path == program]
    position_independent = Path(program).read_bytes()[16] == 3  # ELF: ET_DYN
    base = min(start for start, _ in own) if position_independent else 0
    inside = sorted(a for a in addresses if any(start <= a < end for start, end in own))
    tool = ["llvm-symbolizer-19", "--obj", program, "--basenames", "--output-style=LLVM"]
    # One before the return address: that is still the call.
    asked = "".join(f"{address - base - 1:#x}\n" for address in inside)
    told = subprocess.run(tool, input=asked, capture_output=True, text=True, check=True).stdout
    names = {address: [] for address in addresses}
    for address, block in zip(inside, told.strip("\n").split("\n\n")):
        lines = block.split("\n")
        names[address] = [f"{shorter(lines[i])}  ({lines[i + 1]})" for i in range(0, len(lines) - 1, 2)]
    return names


def shorter(name):
    """A C++ name without its template arguments."""
    before = None
    while before != name:
        before, name = name, re.sub(r"<[^<>]*>", "", name)
    return name[:160]
