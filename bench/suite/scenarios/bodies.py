"""Large bodies: a JSON body that must be read for its model, a binary upload, a download."""

from .. import contenders
from ..figures import cpu_rows, rounds
from ..load import model, running
from ..setup import MIB


def json_model_first(bench):
    return large_json(bench, True)


def json_model_last(bench):
    return large_json(bench, False)


def large_json(bench, model_first):
    """nginx reads the whole body into memory before it connects, as whoever needs the model from behind must."""
    body, answer = bench.large_json(model_first), bench.chat_answer()
    with model(bench, "reply", body=body, answer=answer) as double:
        field = [
            contenders.inferway(bench, double.port),
            contenders.nginx(bench, double.port, reads_bodies=True),
            contenders.haproxy(bench, double.port),
        ]
        with running(bench, field) as processes:
            results = rounds(bench, field, processes, double, "requests", body=body, answer=answer, connections=16)
    work = f"1 MiB JSON body, model {'first' if model_first else 'last'}"
    return cpu_rows(results, work, "request", {"HAProxy": 0.9, "nginx": 1.05}, pattern="{:.0f} µs")


def upload(bench):
    options = {"body": bench.binary_block(), "body_repeats": 32, "type": "application/octet-stream", "answer": bench.chat_answer()}
    return transfer(bench, "32 MiB binary upload", "sent_bytes", {**options, "path": "/v1/files"})


def download(bench):
    options = {"answer": bench.binary_block(), "answer_repeats": 100}
    return transfer(bench, "100 MiB download", "received_bytes", {**options, "method": "GET", "path": "/v1/files/one/content"})


def transfer(bench, work, bytes_moved, options):
    """CPU per MiB that was moved while it was measured: of whole transfers there are too few to count."""
    of_model = {name: value for name, value in options.items() if name.startswith(("body", "answer"))}
    with model(bench, "reply", **of_model, type="application/octet-stream") as double:
        field = contenders.all_three(bench, double.port, routes=[contenders.path_route(options["path"])])
        with running(bench, field) as processes:
            results = rounds(bench, field, processes, double, "requests", connections=4, **options)
    for one in results.values():
        for result in one:
            result["cpu_us"] = result["cpu"]["proxy"] / (result[bytes_moved] / MIB) * 1e6
    return cpu_rows(results, work, "MiB", {"HAProxy": 1.05, "nginx": None}, pattern="{:.0f} µs")
