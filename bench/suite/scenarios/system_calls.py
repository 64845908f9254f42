"""System calls per small request, by strace. It slows whom it traces: for counting only."""

import contextlib
import os
import signal
import subprocess

from .. import contenders
from ..figures import Row, named
from ..load import measure, model, running
from ..processes import Wrong


def per_request(bench):
    body, answer = bench.chat_body(), bench.chat_answer()
    calls = {}
    with model(bench, "reply", body=body, answer=answer) as double:
        field = contenders.all_three(bench, double.port)
        options = {"body": body, "answer": answer, "models": 10, "connections": 16, "measured_ms": 3000}
        with running(bench, field) as processes:
            for one in field:
                with named(one.name):
                    measure(bench, "requests", one.port, {}, warm_ms=100, **{**options, "measured_ms": 500})  # connections to the model stand
                    with traced(bench, processes[one.name].tree()) as counts:
                        result = measure(bench, "requests", one.port, {}, warm_ms=0, **options)
                    calls[one.name] = {name: count / result["finished"] for name, count in counts.items()}
    totals = {name: sum(of_one.values()) for name, of_one in calls.items()}
    fewest = min(total for name, total in totals.items() if name != "Inferway")
    usual = sorted(calls["Inferway"].items(), key=lambda pair: -pair[1])[:5]
    return [
        Row(
            "system calls per small request", "to the fewer of nginx's and HAProxy's", [totals["Inferway"] / fewest], 1.0,
            absolute={name: f"{total:.2f}" for name, total in totals.items()},
            note="Inferway: " + ", ".join(f"{name} {count:.2f}" for name, count in usual),
        )
    ]  # fmt: skip


@contextlib.contextmanager
def traced(bench, pids):
    """Yields {system call: count}, filled when the block is left."""
    output, counts = bench.directory / "strace", {}
    command = ["taskset", "-c", bench.load_core, "strace", "-c", "-f", "-o", output]
    tracer = subprocess.Popen(command + [word for pid in pids for word in ("-p", str(pid))], stderr=subprocess.PIPE, text=True)
    attached = tracer.stderr.readline()
    if "attached" not in attached:
        tracer.kill()
        raise Wrong(f"strace: {attached.strip()}")
    try:
        yield counts
    finally:
        os.kill(tracer.pid, signal.SIGINT)
        tracer.wait(timeout=20)
        tracer.stderr.close()
    for line in output.read_text().splitlines():
        words = line.split()
        if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
            counts[words[-1]] = int(words[3])
