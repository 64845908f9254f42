"""Backends whose health the test decides, and what the gateway says of it."""

import threading
import unittest

from harness import (
    PATIENCE,
    Backend,
    ConnectionEnded,
    Gateway,
    answer,
    eventually,
    json_answer,
    one_route,
)

NO_RETRY = {"retry": {"attempts": 0}}
SILENCE = b""
FAILING = answer(503, reason="Service Unavailable")
CUT = answer(200, [("Content-Length", "10")], b"12345")
GOOD = json_answer({"ok": True})


class Switch:
    """A backend whose answer the test may change while it runs. /health is answered by `health`."""

    def __init__(self, answering=None, health=None):
        self.answering = json_answer({"ok": True}) if answering is None else answering
        self.health = answer() if health is None else health
        self.backend = Backend(self._handle)
        self.url = self.backend.url

    def _handle(self, connection):
        while (request := connection.read_request()) is not None:
            data = self.health if "/health" in request.target else self.answering
            if data is SILENCE:
                connection.wait_closed()
                return
            connection.send(data)
            if data is CUT:
                return

    def asked(self):
        return [r for r in list(self.backend.requests) if "/health" not in r.target]

    def checks(self):
        return [r for r in list(self.backend.requests) if "/health" in r.target]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.backend.close(check=kind is None)


class HealthTestCase(unittest.TestCase):
    def switches(self, count, **options):
        return [self.enterContext(Switch(**options)) for _ in range(count)]

    def gateway(self, *switches, **backend):
        backend.setdefault("balance", "round_robin")
        urls = [at if isinstance(at, str) else at.url for at in switches]
        return self.enterContext(Gateway(one_route(*urls, backend=backend, route=NO_RETRY, threads=4)))

    def ask(self, gateway, count, at_once=4):
        """The statuses of so many requests, over connections that all threads have a share of."""
        statuses = []

        def ask_some():
            for _ in range(count // at_once):
                with gateway.client() as client:
                    try:
                        statuses.append(client.get("/x").read_response().status)
                    except ConnectionEnded:
                        statuses.append(None)

        threads = [threading.Thread(target=ask_some) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return statuses

    def state(self, gateway, url):
        """The one state that the endpoint is in."""
        states = [
            series.split('state="')[1].split('"')[0]
            for series, value in gateway.metrics().items()
            if series.startswith("inferway_endpoint_state{") and f'endpoint="{url}"' in series and value == 1
        ]
        self.assertEqual(len(states), 1, states)
        return states[0]

    def wait_state(self, gateway, url, state):
        eventually(lambda: self.state(gateway, url) == state, PATIENCE, f"{url} is {state}")
