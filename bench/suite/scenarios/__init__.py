"""Each scenario in order: its name, what it is, its function, the seconds it may take, whether the quick run has it."""

import dataclasses
import typing

from . import chat, streams


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
    Scenario("streams-10k", "10,000 SSE streams", streams.ten_thousand, deadline=300),
]
