"""Event streams: paced, unpaced, and ten thousand at once. Each event is a chunk and bears when it was sent."""

import statistics

from ..contenders import all_three
from ..figures import Row, cpu_rows, named, ratios, rounds, table
from ..load import Load, measure, model, running
from ..processes import memory_bytes

KIB = 1024


def paced(bench):
    work = "SSE, 200 streams, a chunk each 20 ms"
    events, body = 50, bench.chat_body()
    with model(bench, "stream", body=body, events=events, interval_ms=20) as double:
        field = all_three(bench, double.port)
        with running(bench, field) as processes:
            options = {"body": body, "events": events, "connections": 200, "spread_ms": 20}
            results = rounds(bench, field, processes, double, "streams", direct=True, **options)
    for one in field:
        for result, direct in zip(results[one.name], results["direct"]):
            result["added_p50_us"] = result["p50_us"] - direct["p50_us"]
    p50, p99 = table(results, "p50_us", "{:.0f} µs"), table(results, "p99_us", "{:.0f} µs")
    added = [result["added_p50_us"] for result in results["Inferway"]]
    return [
        *cpu_rows(results, work, "chunk", {"HAProxy": 1.0, "nginx": None}),
        Row(work, "delay added to a chunk, p50", added, 50, unit=" µs", absolute=p50),
        Row(work, "delay of a chunk, p99, to HAProxy's", ratios(results, "Inferway", "HAProxy", "p99_us"), 1.0, absolute=p99),
    ]


def unpaced(bench):
    work = "SSE, 16 streams as fast as they go"
    events, body = 2000, bench.chat_body()
    with model(bench, "stream", body=body, events=events) as double:
        field = all_three(bench, double.port)
        with running(bench, field) as processes:
            options = {"body": body, "events": events, "connections": 16}
            results = rounds(bench, field, processes, double, "streams", direct=True, **options)
    for name in results:
        for result in results[name]:
            result["per_second"] = result["count"] / result["seconds"]
    rate = table(results, "per_second", "{:,.0f}/s")
    return [
        *cpu_rows(results, work, "chunk", {"HAProxy": 1.0, "nginx": None}, pattern="{:.2f} µs"),
        Row(work, "chunks/s, to HAProxy's", ratios(results, "Inferway", "HAProxy", "per_second"), absolute=rate),
    ]


def ten_thousand(bench):
    """Each contender is started anew for each round: memory that an earlier round left would not be seen to grow."""
    count = min(10_000, bench.connections() - 200)
    work = f"{count:,} SSE streams, a token a second each"
    body = bench.chat_body()
    ramp, warm, measured = 2000, 3500, 4000
    events = (warm + measured) // 1000 + 1  # the first one must not end before the last one is measured
    options = {"body": body, "events": events}
    many = {"connections": count, "spread_ms": ramp, "once": 1, "warm_ms": warm, "measured_ms": measured}
    results = {}
    with model(bench, "stream", interval_ms=1000, **options) as double:
        for _ in range(bench.rounds):
            for one in all_three(bench, double.port):
                with named(one.name):
                    results.setdefault(one.name, []).append(one_of_many(bench, one, double, options, many))
    memory = [result["per_stream_kib"] for result in results["Inferway"]]
    size = table(results, "per_stream_kib", "{:.1f} KiB")
    base = ", ".join(f"{name} {statistics.median(r['base_kib'] for r in rs) / KIB:.1f} MiB" for name, rs in results.items())
    return [
        Row(work, "memory for each stream beyond the base", memory, 5.0, unit=" KiB", absolute=size, note=f"base: {base}"),
        *cpu_rows(results, work, "token", {"HAProxy": 1.0, "nginx": None}, note="no error"),
    ]


def one_of_many(bench, one, double, options, many):
    with running(bench, [one]) as processes:
        tree = processes[one.name].tree()
        few = {"connections": 20, "warm_ms": 100, "measured_ms": 1100}
        with Load(bench, "streams", one.port, **options, **few) as load:  # what the first streams need is the base
            load.next("begin")
            load.next("end")
        base = memory_bytes(tree)
        watched = {"model": double, "proxy": processes[one.name]}
        result = measure(bench, "streams", one.port, watched, lambda: {"memory": memory_bytes(tree)}, **options, **many)
    result["base_kib"] = base / KIB
    result["per_stream_kib"] = (result["memory"] - base) / many["connections"] / KIB
    result["load_busy"] = (result["cpu"]["load"] + result["cpu"]["model"]) / result["wall"]
    result["cpu_us"] = result["cpu"]["proxy"] / result["count"] * 1e6
    return result
