"""What Inferway's own features cost it: many routes, a second thread, the access log and metrics."""

import time
import urllib.request

from .. import contenders
from ..figures import Row, busiest, ratios, rounds, table
from ..load import model, running


def routes(bench):
    many = 100_000
    body, answer = bench.chat_body(), bench.chat_answer()
    with model(bench, "reply", body=body, answer=answer) as double:
        few = contenders.inferway(bench, double.port, name="10 routes")
        lots = contenders.inferway(bench, double.port, contenders.chat_routes(many), name="100,000 routes")
        each = {few.name: {"models": 10}, lots.name: {"models": 10_000}}  # spread over many of them, not the same ten
        with running(bench, [few, lots], seconds=60) as processes:
            results = rounds(bench, [few, lots], processes, double, "requests", each=each, body=body, answer=answer)
    return growth(results, "routes: 10 → 100,000", lots.name, few.name, 1.05)


def threads(bench):
    """The gateway's threads, the load and the model double all run on the same two cores in both cases: only so do two
    threads run at once on a machine that has no more, and does the same work stand beside the same noise."""
    body, answer, both = bench.chat_body(), bench.chat_answer(), f"{bench.load_core},{bench.proxy_core}"
    with model(bench, "reply", cores=both, body=body, answer=answer) as double:
        one = contenders.inferway(bench, double.port, name="1 thread", cores=both)
        two = contenders.inferway(bench, double.port, name="2 threads", threads=2, cores=both)
        with running(bench, [one, two]) as processes:
            options = {"body": body, "answer": answer, "models": 10, "cores": both}
            results = rounds(bench, [one, two], processes, double, "requests", **options)
    note = "gateway, load and model double share both cores"
    return growth(results, "threads: 1 → 2", two.name, one.name, 1.10, note)


def log_and_metrics(bench):
    """Counting cannot be switched off; what can is the access log, and that someone reads the metrics."""
    body, answer = bench.chat_body(), bench.chat_answer()
    with model(bench, "reply", body=body, answer=answer) as double:
        on = contenders.inferway(bench, double.port, name="on")
        off = contenders.inferway(bench, double.port, name="off", access=False)
        each = {on.name: {"on_begin": lambda: scrape_each_second(on.admin, bench.seconds)}}
        with running(bench, [on, off]) as processes:
            options = {"body": body, "answer": answer, "models": 10}
            results = rounds(bench, [on, off], processes, double, "requests", each=each, **options)
    note = "on: access log, /metrics read each second; off: neither"
    return growth(results, "access log and metrics: off → on", on.name, off.name, 1.05, note)


def scrape_each_second(admin, seconds):
    until = time.monotonic() + seconds
    while True:
        with urllib.request.urlopen(f"http://127.0.0.1:{admin}/metrics", timeout=5) as answer:
            answer.read()
        if time.monotonic() + 1 > until:
            return {}
        time.sleep(1)


def growth(results, work, after, before, target, note=""):
    note = "; ".join(part for part in (note, busiest(results)) if part)
    absolute = table(results, "cpu_us", "{:.1f} µs")
    return [Row(work, "CPU per request, after to before", ratios(results, after, before), target, absolute=absolute, note=note)]
