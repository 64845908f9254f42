"""Small chat requests: 400 B in, 600 B out, kept connections."""

from ..contenders import all_three
from ..figures import Row, cpu_rows, ratios, rounds, table
from ..load import model, running

WORK = "small chat request"


def small(bench):
    body, answer = bench.chat_body(), bench.chat_answer()
    with model(bench, "reply", body=body, answer=answer) as double:
        field = all_three(bench, double.port)
        with running(bench, field) as processes:
            results = rounds(bench, field, processes, double, "requests", direct=True, body=body, answer=answer, models=10)
    for results_of_one in results.values():
        for result in results_of_one:
            result["per_second"] = result["count"] / result["seconds"]
    rows = cpu_rows(results, WORK, "request", {"HAProxy": 0.85, "nginx": 0.9})
    rate = table(results, "per_second", "{:,.0f}/s")
    rows.append(Row(WORK, "requests/s, to HAProxy's", ratios(results, "Inferway", "HAProxy", "per_second"), absolute=rate))
    fastest = [max(results[one.name][i]["per_second"] for one in field) for i in range(bench.rounds)]
    headroom = [direct["per_second"] / most for direct, most in zip(results["direct"], fastest)]
    rows.append(Row(WORK, "load straight to the model double: requests/s, to the fastest proxy's", headroom, absolute=rate))
    return rows
