"""WebSocket messages there and back."""

from .. import contenders
from ..figures import cpu_rows, rounds
from ..load import model, running


def messages(bench):
    path = "/v1/realtime"
    with model(bench, "echo") as double:
        field = [
            contenders.inferway(bench, double.port, [contenders.path_route(path)]),
            contenders.nginx(bench, double.port, upgrades=True),
            contenders.haproxy(bench, double.port),
        ]
        with running(bench, field) as processes:
            results = rounds(bench, field, processes, double, "messages", direct=True, path=path)
    return cpu_rows(results, "WebSocket tunnel, 200 B messages", "message", {"HAProxy": 1.05, "nginx": None})
