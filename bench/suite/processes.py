"""Processes under measurement: started on their core, ended with all they started, their CPU time and memory read."""

import contextlib
import os
import pathlib
import resource
import signal
import socket
import subprocess
import time

PROC = pathlib.Path("/proc")


class Wrong(Exception):
    """What makes a row fail: its text is what the table shows."""


def raise_file_limit(wanted):
    """What the children may open, at most `wanted`; returns what it is now."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # only root may raise the hard limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, wanted), max(hard, wanted)))
        return max(hard, wanted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Process:
    """A command pinned to cores. To be used in a `with`."""

    def __init__(self, name, command, cores, directory):
        self.name, self.command, self.cores = name, [str(word) for word in command], cores
        self.log = pathlib.Path(directory) / f"{name}-{time.monotonic_ns()}.log"
        self.pid = None

    def __enter__(self):
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(
                ["taskset", "-c", self.cores, "setpriv", "--pdeathsig", "KILL", *self.command],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        self.pid = self.process.pid
        return self

    def __exit__(self, *_):
        # In order where it can be: a program that counts for its profile writes that when it ends.
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(self.pid, signal.SIGTERM)
            self.process.wait(timeout=3)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def await_listening(self, port, seconds=10):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return self
            time.sleep(0.02)
        raise Wrong(f"{self.name} does not listen: {self.last_words()}")

    def last_words(self):
        return self.log.read_text(errors="replace").strip()[-300:]

    def tree(self):
        """The process and all its descendants."""
        children = {}
        for entry in PROC.glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
        found = [self.pid]
        for pid in found:
            found.extend(children.get(pid, []))
        return found


def cpu_seconds(pids):
    """User and system time of all threads of these processes, in the scheduler's own nanoseconds."""
    total = 0
    for pid in pids:
        for task in PROC.glob(f"{pid}/task/*/schedstat"):
            with contextlib.suppress(OSError):
                total += int(task.read_text().split()[0])
    return total / 1e9


def memory_bytes(pids):
    """Proportional set size: what these processes take of the machine's memory, shared pages in their share."""
    total = 0
    for pid in pids:
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total
