"""More than the model can take, and clients that nobody wants."""

from .. import contenders
from ..figures import Row, named, ratios, table
from ..load import Load, measure, model, running
from ..processes import Wrong

PLACES, SERVICE_US, QUEUE = 32, 8000, 64


def overload(bench):
    """A model server with 32 places, 8 ms a request: 4,000/s. Twice that is asked of it, whether or not answers come."""
    work = "overload: twice what the model can do"
    body, answer = bench.chat_body(), bench.chat_answer()
    capacity = PLACES * 1_000_000 // SERVICE_US
    backend = {"max_inflight": PLACES, "queue": {"size": QUEUE, "timeout": "1s"}}
    options = {"body": body, "answer": answer, "models": 10}
    results = {"peak": [], "overload": []}
    with model(bench, "reply", body=body, answer=answer, places=PLACES, service_us=SERVICE_US) as double:
        one = contenders.inferway(bench, double.port, backend=backend)
        with running(bench, [one]):
            for _ in range(bench.rounds):
                results["peak"].append(measure(bench, "requests", one.port, {}, connections=PLACES + QUEUE // 2, **options))
                over = measure(bench, "requests", one.port, {}, connections=512, rate=2 * capacity, refusals=1, **options)
                if not over["refused"]:
                    raise Wrong("nothing was refused: was it overloaded?")
                results["overload"].append(over)
    for result in results["peak"] + results["overload"]:
        result["per_second"] = result["count"] / result["seconds"]
        result["p99_ms"] = result["p99_us"] / 1000
    rate = table(results, "per_second", "{:,.0f}/s")
    refused = sum(r["refused"] for r in results["overload"]) / sum(r["offered"] for r in results["overload"])
    note = f"{refused:.0%} refused, each with 503 and Retry-After"
    p99 = [result["p99_ms"] for result in results["overload"]]
    return [
        Row(work, "goodput, to its peak", ratios(results, "overload", "peak", "per_second"), 0.9, True, absolute=rate, note=note),
        Row(work, "p99 of what is served", p99, 100, unit=" ms", absolute=table(results, "p99_ms", "{:.0f} ms")),
        Row(work, "p99 of refusals", [r["refused_p99_us"] / 1000 for r in results["overload"]], unit=" ms"),
    ]


def bad_input(bench):
    """10,000 good requests a second, and beside them 100 malformed ones and 100 clients that leave, each on a connection
    of its own. A good request that fails or is answered wrongly fails the row."""
    work = "bad input: 1 % malformed, 1 % aborted"
    body, answer, rate = bench.chat_body(), bench.chat_answer(), 10_000
    options = {"body": body, "answer": answer, "models": 10, "rate": rate, "connections": 256}
    results = {"without": [], "with": []}
    with model(bench, "reply", body=body, answer=answer) as double:
        one = contenders.inferway(bench, double.port)
        with running(bench, [one]) as processes:
            watched = {"proxy": processes[one.name]}
            for _ in range(bench.rounds):
                results["without"].append(measure(bench, "requests", one.port, watched, **options))
                with bad_clients(bench, one.port, rate // 50) as bad, named("good requests beside bad ones"):
                    results["with"].append(measure(bench, "requests", one.port, watched, **options))
                    finished(bad)
    for result in results["with"] + results["without"]:
        result["cpu_us"] = result["cpu"]["proxy"] / result["count"] * 1e6
    p99 = table(results, "p99_us", "{:,.0f} µs")
    return [
        Row(work, "good requests answered, with to without", ratios(results, "with", "without", "count"), 0.99, True, note="no error"),
        Row(work, "p99 of good requests, with to without", ratios(results, "with", "without", "p99_us"), absolute=p99),
    ]


def bad_clients(bench, port, rate):
    milliseconds = int(bench.seconds * 1000) + 1500  # from before the good ones are measured until after
    return Load(bench, "bad", port, rate=rate, **{"warm-ms": 0, "measured-ms": milliseconds})


def finished(bad):
    for event in ("begin", "end"):
        bad.next(event)
    result = bad.next("result")
    if result["errors"]:
        raise Wrong(f"malformed requests: {result['first_error']}")
