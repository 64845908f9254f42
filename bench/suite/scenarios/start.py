"""From the command to the first 200 of /ready, with ten thousand routes."""

import contextlib
import time
import urllib.request

from .. import contenders
from ..figures import Row
from ..load import model
from ..processes import Wrong


def cold(bench):
    with model(bench, "reply", answer=bench.chat_answer()) as double:
        one = contenders.inferway(bench, double.port, contenders.chat_routes(10_000))
        times = [until_ready(bench, one) for _ in range(bench.rounds)]
    return [Row("cold start with 10,000 routes", "command to ready", times, 300, unit=" ms")]


def until_ready(bench, one):
    began = time.monotonic()
    with one.process(bench) as process:
        while time.monotonic() < began + 10:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{one.admin}/ready", timeout=1):
                return (time.monotonic() - began) * 1000
            time.sleep(0.001)
        raise Wrong(f"not ready in 10 s: {process.last_words()}")
