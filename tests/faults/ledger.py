"""A client that keeps books: every request it sends ends in exactly one class.

right             status 200, and every byte is what a backend must have written
clear error       a status from 400 on, or an error event inside the stream (.why: NOT_JSON where no SDK can read it)
cut               the answer's framing is broken off: any HTTP library raises an error, but nobody said why
hung              no end within the client's patience
truncated         an answer that looks whole, and is not what a backend wrote: the worst there is"""

import collections
import dataclasses
import itertools
import json
import threading
import time

import e2e_path  # noqa: F401
from harness import Client, ConnectionEnded, eventually, request

import content

KINDS = ("right", "clear error", "cut", "hung", "truncated")
NOT_JSON = "not JSON"
PATIENCE = 20.0  # far beyond every deadline of the configurations here


@dataclasses.dataclass
class Outcome:
    kind: str
    status: int = 0
    payload: bytes = b""
    why: str = ""


class Checker:
    """Says what an answer is worth; a test with other backends has another one."""

    def question(self, request_id, stream):
        return content.question(request_id, stream)

    def is_right(self, request_id, stream, payload):
        return payload == content.expected_payload(request_id, stream)

    def is_beginning(self, request_id, stream, payload):
        return content.expected_payload(request_id, stream).startswith(payload)


def error_in(payload):
    """Where the first error event of a stream begins; None: there is none."""
    at = 0
    for event in payload.split(b"\n\n"):
        data = b"\n".join(line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:"))
        if event.startswith(b"event: error") or (data.startswith(b"{") and is_error(data)):
            return at
        at += len(event) + 2
    return None


def is_error(body):
    try:
        return bool(json.loads(body).get("error"))
    except (ValueError, AttributeError):
        return False


class Ledger:
    """Asks over `connections` connections at once. Ids: PREFIX-N."""

    _runs = itertools.count()

    def __init__(self, port, connections=8, streams=(False, True), checker=None, pace=0.0):
        self.port, self.connections, self.streams = port, connections, list(streams)
        self.checker = checker or Checker()
        self.pace = pace
        self.prefix = f"run{next(Ledger._runs)}"
        self.outcomes = {}  # by id
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._over = threading.Event()

    def run(self, count=None, seconds=None):
        """Sends `count` requests, or goes on for that long."""
        until = time.monotonic() + seconds if seconds else None
        threads = [threading.Thread(target=self._work, args=(count, until)) for _ in range(self.connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self

    def stop(self):
        self._over.set()

    def _work(self, count, until):
        client = None
        while not self._over.is_set() and (until is None or time.monotonic() < until):
            with self._lock:
                number = next(self._numbers)
            if count is not None and number >= count:
                break
            stream = self.streams[number % len(self.streams)]
            client, outcome = self._ask(client, f"{self.prefix}-{number}", stream)
            with self._lock:
                assert f"{self.prefix}-{number}" not in self.outcomes
                self.outcomes[f"{self.prefix}-{number}"] = outcome
            if self.pace:
                time.sleep(self.pace)
        if client:
            client.close()

    def _ask(self, client, request_id, stream):
        """The connection to go on with (None: a new one), and how it went."""
        fields = [("Content-Type", "application/json"), ("x-request-id", request_id)]
        asked = request("POST", content.PATH, fields, self.checker.question(request_id, stream))
        try:
            client = client or Client(self.port)
            client.received.clear()
            client.send(asked)
            response = client.read_response(timeout=PATIENCE)
        except TimeoutError:
            client.close()
            return None, Outcome("hung", why="no end")
        except (OSError, ConnectionEnded) as error:
            if client:
                client.close()
            return None, Outcome("cut", why=f"no answer: {error}")
        outcome = self.judge(request_id, stream, response)
        if not response.complete or (response.header("connection") or "").lower() == "close":
            client.close()
            client = None
        return client, outcome

    def judge(self, request_id, stream, response):
        payload = bytes(response.body)
        outcome = lambda kind, why="": Outcome(kind, response.status, payload, why)  # noqa: E731
        if response.status != 200:
            if not response.complete:
                return outcome("cut", "inside an error")
            if response.status < 400:
                return outcome("truncated", "neither an answer nor an error")
            readable = is_error(payload)
            return outcome("clear error", response.header("x-inferway-error") or "passed on" if readable else NOT_JSON)
        if response.complete and self.checker.is_right(request_id, stream, payload):
            return Outcome("right", 200)  # what was right need not be kept
        at = error_in(payload) if stream else None
        if not self.checker.is_beginning(request_id, stream, payload[:at]):
            return outcome("truncated", "not what a backend wrote")
        if at is not None:
            return outcome("clear error", "error event")
        return outcome("truncated" if response.complete else "cut", "ends too early")

    def count(self):
        """How many of each class."""
        counts = collections.Counter(outcome.kind for outcome in self.outcomes.values())
        return {kind: counts[kind] for kind in KINDS}

    def examples(self, *kinds, limit=5):
        """For messages: some that ended so."""
        found = [(key, o) for key, o in self.outcomes.items() if o.kind in kinds]
        return "\n".join(f"{key}: {o.kind} {o.status} {o.why} {o.payload[-300:]!r}" for key, o in found[:limit])


def check_books(case, ledger, gateway, backends):
    """Every request exactly once: in the client's books, the access log, the metrics; and no answer was given twice
    (`backends`: None where they kept no books)."""
    total = len(ledger.outcomes)
    records = [r for r in gateway.access_log(total, timeout=10) if r["request_id"].startswith(ledger.prefix + "-")]
    by_id = {record["request_id"]: record for record in records}
    case.assertEqual(len(records), total)
    case.assertEqual(set(by_id), set(ledger.outcomes))
    for key, outcome in ledger.outcomes.items():
        if outcome.status:
            case.assertEqual(by_id[key]["status"], outcome.status, key)
        if backends is None:
            continue
        asked = sum(backend.asked[key] for backend in backends)
        answered = sum(backend.answered[key] for backend in backends)
        # A try whose kept connection turns out to have ended goes on with a fresh one: once.
        case.assertLessEqual(asked, 2 * by_id[key]["attempts"], f"{key}: more tries than the log tells of")
        if outcome.kind == "right":
            # Who answers when the gateway has given up waiting for it answers in vain.
            failures = by_id[key]["failures"] or ""
            late = failures.count("timeout") + failures.count("stall")
            case.assertIn(answered, range(1, 2 + late), f"{key}: answered not exactly once; {failures}")
    eventually(lambda: gateway.metric("inferway_requests_total") >= total, what="all are in the metrics")
    case.assertEqual(gateway.metric("inferway_requests_total"), total)
    case.assertEqual(gateway.metric("inferway_requests_in_flight"), 0)
