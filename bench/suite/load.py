"""The model double and the load client, and one measurement with them."""

import contextlib
import json
import subprocess
import time

from .processes import Process, Wrong, cpu_seconds


@contextlib.contextmanager
def model(bench, mode, cores=None, **options):
    """The model double, on the load's core unless said; yields its process, which knows its port."""
    port = bench.port()
    command = [bench.model, mode, *words({"port": port, **options})]
    with Process("model", command, cores or bench.load_core, bench.directory) as process:
        process.port = port
        process.await_listening(port)
        yield process


@contextlib.contextmanager
def running(bench, contenders, seconds=10):
    """All contenders, each listening: {name: process}."""
    with contextlib.ExitStack() as stack:
        processes = {}
        for one in contenders:
            process = stack.enter_context(one.process(bench))
            processes[one.name] = process.await_listening(one.port, seconds)
        yield processes


class Load:
    """A load client at work. Its lines are read one by one, so that CPU times are taken when it says so."""

    def __init__(self, bench, mode, port, cores=None, **options):
        options = {"port": port, "warm-ms": bench.warm_ms, "measured-ms": int(bench.seconds * 1000), **dashed(options)}
        command = ["taskset", "-c", cores or bench.load_core, "setpriv", "--pdeathsig", "KILL"]
        command += [str(bench.load), mode, *words(options)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def next(self, event):
        line = self.process.stdout.readline()
        said = json.loads(line) if line.startswith("{") else {}
        if said.get("event") != event:
            raise Wrong(f"the load client failed: {line.strip() or 'no output'}")
        return said


def measure(bench, mode, port, watched, on_begin=None, **options):
    """One load against a port. Adds to what the client found: CPU seconds of each watched process and of the client
    while it measured, and whatever `on_begin` returns. Raises Wrong when an answer was wrong."""
    trees = {name: process.tree() for name, process in watched.items()}
    with Load(bench, mode, port, **options) as load:
        begun = load.next("begin")
        trees["load"] = [load.process.pid]
        before = {name: cpu_seconds(pids) for name, pids in trees.items()}
        began = time.monotonic()
        extra = on_begin() if on_begin else {}
        load.next("end")
        after = {name: cpu_seconds(pids) for name, pids in trees.items()}
        seconds = time.monotonic() - began
        result = load.next("result")
    result.update(extra or {}, open=begun["open"], wall=seconds)
    result["cpu"] = {name: after[name] - before[name] for name in trees}
    if result["errors"]:
        raise Wrong(f"{result['errors']} wrong answers: {result['first_error']}")
    if not any(result.get(moved) for moved in ("count", "received_bytes", "sent_bytes")):
        raise Wrong("nothing was answered")
    return result


def dashed(options):
    return {name.replace("_", "-"): value for name, value in options.items()}


def words(options):
    return [word for name, value in dashed(options).items() for word in (f"--{name}", str(value))]
