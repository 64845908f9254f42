"""Each scenario in order: its name, what it is, its function, the seconds it may take, whether the quick run has it."""

import dataclasses
import typing

from . import bodies, chat, elsewhere, handshakes, own_cost, start, streams, system_calls, tls_memory, trouble, tunnel


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    run: typing.Callable
    deadline: int = 150
    quick: bool = False


SCENARIOS = [
    Scenario("chat", "small chat request", chat.small, quick=True),
    Scenario("sse-paced", "SSE, 200 paced streams", streams.paced, quick=True),
    Scenario("sse-unpaced", "SSE, as fast as it goes", streams.unpaced, quick=True),
    Scenario("json-first", "1 MiB JSON body, model first", bodies.json_model_first),
    Scenario("json-last", "1 MiB JSON body, model last", bodies.json_model_last),
    Scenario("upload", "32 MiB binary upload", bodies.upload),
    Scenario("download", "100 MiB download", bodies.download),
    Scenario("streams-10k", "10,000 SSE streams", streams.ten_thousand, deadline=300),
    Scenario("routes", "routes: 10 → 100,000", own_cost.routes),
    Scenario("threads", "threads: 1 → 2", own_cost.threads),
    Scenario("log", "access log and metrics: off → on", own_cost.log_and_metrics, quick=True),
    Scenario("websocket", "WebSocket tunnel", tunnel.messages),
    Scenario("start", "cold start with 10,000 routes", start.cold, deadline=60, quick=True),
    Scenario("overload", "overload: twice what the model can do", trouble.overload, quick=True),
    Scenario("bad-input", "bad input", trouble.bad_input, quick=True),
    Scenario("syscalls", "system calls per small request", system_calls.per_request, deadline=60, quick=True),
    Scenario("tls-memory", "memory of an idle stream with TLS", tls_memory.idle_streams, deadline=120),
    Scenario("tls-handshake", "TLS handshakes with clients", handshakes.handshakes),
    Scenario("instructions", "user-space instructions", elsewhere.instructions, quick=True),
    Scenario("build-time", "build time", elsewhere.build_time, quick=True),
]
