#!/usr/bin/python3
"""Requests per second and CPU per request of Inferway beside nginx and HAProxy, in one run.

wrk and a cheap model server double share one core, the proxy under test has the other for itself. The proxies take
turns, round after round, so that a machine whose speed drifts treats them alike; ratios are taken within a round, and
the median round counts. Prints a Markdown table.
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import contenders  # noqa: E402

LOAD_CORE, PROXY_CORE = "0", "1"
TICKS = os.sysconf("SC_CLK_TCK")
HERE = pathlib.Path(__file__).resolve().parent
os.environ["PATH"] += ":/usr/sbin:/sbin"  # where Debian keeps nginx and haproxy


def main():
    options = arguments()
    if os.cpu_count() < 2:
        sys.exit("bench-compare: needs two cores: one for the load, one for the proxy")
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="inferway-compare-")))
        ports = free_ports(5)
        stack.enter_context(running(LOAD_CORE, contenders.upstream(directory, ports[0]), ports[0], directory))
        field = [
            contenders.nginx(directory, ports[1], ports[0]),
            contenders.haproxy(directory, ports[2], ports[0]),
        ]
        if options.inferway:
            field.append(contenders.inferway(directory, options.inferway, ports[3], ports[0], ports[4]))
        processes = {
            one.name: stack.enter_context(running(PROXY_CORE, one.command, one.port, directory)) for one in field
        }
        rounds = [one_round(field, processes, options) for _ in range(options.rounds)]
    report(field, rounds, options)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inferway", metavar="PROGRAM", help="without it, nginx and HAProxy are compared alone")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=6, help="measured, for each proxy in each round")
    parser.add_argument("--connections", type=int, default=64)
    return parser.parse_args()


def one_round(field, processes, options):
    """What each proxy did in this round, by its name."""
    results = {}
    for one in field:
        load(one.port, options.connections, 1)  # warms up pools and caches
        before = cpu_seconds(processes[one.name].pid)
        result = load(one.port, options.connections, options.seconds)
        cpu = cpu_seconds(processes[one.name].pid) - before
        if result["wrong"] or result["socket_errors"]:
            sys.exit(f"bench-compare: {one.name} answered wrongly: {result}")
        results[one.name] = {
            "requests_per_second": result["requests"] / result["seconds"],
            "cpu_us": cpu / result["requests"] * 1e6,
            "p50_us": result["p50_us"],
            "p99_us": result["p99_us"],
        }
    return results


def load(port, connections, seconds):
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "5s"]
    command += ["-s", str(HERE / "chat.lua"), f"http://127.0.0.1:{port}", "--", str(contenders.ANSWER_BYTES)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=False)
    for line in ran.stdout.splitlines():
        if line.startswith("RESULT "):
            return json.loads(line.removeprefix("RESULT "))
    sys.exit(f"bench-compare: wrk failed:\n{ran.stdout}{ran.stderr}")


@contextlib.contextmanager
def running(core, command, port, directory):
    """The command pinned to a core, once it listens on the port; ended with what it started when the block is left."""
    if not shutil.which(command[0]):
        sys.exit(f"bench-compare: {command[0]} is missing")
    log = directory / f"{pathlib.Path(command[0]).name}-{port}.log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            ["taskset", "-c", core, "setpriv", "--pdeathsig", "KILL", *command],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        await_listening(process, port, log)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def await_listening(process, port, log):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    sys.exit(f"bench-compare: does not listen on {port}: {' '.join(process.args)}\n{log.read_text(errors='replace')}")


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def cpu_seconds(pid):
    """User and system time of a process and all its descendants, threads included."""
    total = 0
    children = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append((int(entry.name), int(fields[11]) + int(fields[12])))
            if int(entry.name) == pid:
                total += int(fields[11]) + int(fields[12])
    waiting = [pid]
    while waiting:
        for child, ticks in children.get(waiting.pop(), []):
            total += ticks
            waiting.append(child)
    return total / TICKS


def report(field, rounds, options):
    print(f"{cpu_model()}, {os.cpu_count()} cores, Linux {platform.release()}; {options.rounds} rounds of ", end="")
    print(f"{options.seconds} s for each proxy in turn, {options.connections} connections, one core for the proxy.")
    print(f"400 B chat request, {contenders.ANSWER_BYTES} B answer. Medians; ratios within a round.\n")
    names = [one.name for one in field]
    rivals = names[:2]
    heads = ["proxy", "version", "requests/s", "CPU µs/request", "p50 µs", "p99 µs"]
    heads += [f"CPU to {rival}" for rival in rivals] + [f"requests/s to {rival}" for rival in rivals]
    print("| " + " | ".join(heads) + " |")
    print("|---" * len(heads) + "|")
    for one in field:
        cells = [one.name, one.version]
        cells.append(f"{median(rounds, one.name, 'requests_per_second'):,.0f}")
        cells.append(f"{median(rounds, one.name, 'cpu_us'):.1f}")
        cells += [f"{median(rounds, one.name, key):,.0f}" for key in ("p50_us", "p99_us")]
        for key in ("cpu_us", "requests_per_second"):
            cells += [ratio(rounds, one.name, rival, key) for rival in rivals]
        print("| " + " | ".join(cells) + " |")


def median(rounds, name, key):
    return statistics.median(results[name][key] for results in rounds)


def ratio(rounds, name, rival, key):
    return f"{statistics.median(results[name][key] / results[rival][key] for results in rounds):.2f}"


def cpu_model():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    main()
