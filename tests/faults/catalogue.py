"""Every fault of the suite by name: what the backend does, and when in an answer's life."""

import dataclasses
from collections.abc import Callable

import e2e_path  # noqa: F401
from harness import sse_head, unused_port

import content
import faulty_backend as faulty


@dataclasses.dataclass(frozen=True)
class Fault:
    """`early`: nothing that counts was sent to the client yet, so that another backend can still answer right.
    `streams`, `jsons`: which requests it can hit."""

    name: str
    fault: Callable | None = None
    on_accept: Callable | None = None
    early: bool = True
    streams: bool = True
    jsons: bool = True
    listens: bool = True

    def backend(self):
        return faulty.LedgerBackend(self.fault, self.on_accept)

    def url(self, backend):
        return backend.url if self.listens else f"http://127.0.0.1:{unused_port()}"

    @property
    def kinds(self):
        """The values of `stream` to ask with."""
        return [stream for stream, hit in ((False, self.jsons), (True, self.streams)) if hit]


def nothing(_):
    return b""


def half_head(request):
    return content.whole_answer(request.id, request.stream)[:30]


def only_head(request):
    return sse_head() if request.stream else content.json_head(request.id)


def half_body(request):
    return content.json_answer(request.id)[: -len(content.json_body(request.id)) // 2]


def events(count):
    return lambda request: content.sse_prefix(request.id, count)


def half_event(request):
    return content.sse_prefix(request.id, 6) + b"ff\r\ndata: {"


def bad_chunk(count):
    return lambda request: content.sse_prefix(request.id, count) + b"zz\r\nnot a size\r\n"


def error_event(count):
    def make(request):
        return content.sse_prefix(request.id, count) + b"%x\r\n%s\r\n" % (len(content.ERROR_EVENT), content.ERROR_EVENT)

    return make


def error_event_and_end(count):
    return lambda request: error_event(count)(request) + b"0\r\n\r\n"


def status(code, reason, headers=()):
    return faulty.answering_with(lambda _: content.error_answer(code, reason, headers))


def accepted_and_closed(connection):
    connection.close()
    return True


def accepted_and_reset(connection):
    connection.reset()
    return True


def accepted_and_silent(connection):
    connection.wait_closed(60)
    return True


def interim_flood(request):
    return b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 200 + content.whole_answer(request.id, request.stream)


def two_lengths(_):
    return b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"


def garbage(_):
    return b"\x00\x01\x02 this is no HTTP \xff\xfe\r\n\r\n"


NEVER_BEGAN = [
    Fault("refused", listens=False),
    Fault("accept and close", on_accept=accepted_and_closed),
    Fault("accept and reset", on_accept=accepted_and_reset),
    Fault("accept and silent", on_accept=accepted_and_silent),
    Fault("close instead of an answer", faulty.bytes_then_close(nothing)),
    Fault("reset instead of an answer", faulty.bytes_then_reset(nothing)),
    Fault("silence instead of an answer", faulty.bytes_then_silence(nothing)),
    Fault("cut inside the head", faulty.bytes_then_close(half_head)),
    Fault("reset inside the head", faulty.bytes_then_reset(half_head)),
    Fault("stall inside the head", faulty.bytes_then_silence(half_head)),
    Fault("garbage", faulty.bytes_then_close(garbage)),
    Fault("two lengths", faulty.bytes_then_close(two_lengths)),
    Fault("flood of 1xx", faulty.bytes_then_close(interim_flood)),
    Fault("429 with Retry-After", status(429, "Too Many Requests", [("Retry-After", "1")])),
    Fault("500", status(500, "Internal Server Error")),
    Fault("503 with Retry-After", status(503, "Service Unavailable", [("Retry-After", "1")])),
    Fault("529", status(529, "Overloaded")),
]

BEFORE_CONTENT = [
    Fault("cut behind the head", faulty.bytes_then_close(only_head)),
    Fault("reset behind the head", faulty.bytes_then_reset(only_head)),
    Fault("stall behind the head", faulty.bytes_then_silence(only_head)),
    Fault("bad chunk behind the head", faulty.bytes_then_close(bad_chunk(0)), jsons=False),
    Fault("cut behind the role", faulty.bytes_then_close(events(1)), jsons=False),
    Fault("stall behind the role", faulty.bytes_then_silence(events(1)), jsons=False),
    Fault("bad chunk behind the role", faulty.bytes_then_close(bad_chunk(1)), jsons=False),
    Fault("200, then an error event", faulty.bytes_then_close(error_event_and_end(0)), jsons=False),
    Fault("role, then an error event", faulty.bytes_then_close(error_event(1)), jsons=False),
]

AFTER_CONTENT = [
    Fault("body cut", faulty.bytes_then_close(half_body), early=False, streams=False),
    Fault("body reset", faulty.bytes_then_reset(half_body), early=False, streams=False),
    Fault("body stalls", faulty.bytes_then_silence(half_body), early=False, streams=False),
    Fault("stream cut", faulty.bytes_then_close(events(6)), early=False, jsons=False),
    Fault("stream cut in an event", faulty.bytes_then_close(half_event), early=False, jsons=False),
    Fault("stream reset", faulty.bytes_then_reset(events(6)), early=False, jsons=False),
    Fault("stream stalls", faulty.bytes_then_silence(events(6)), early=False, jsons=False),
    Fault("stream with a bad chunk", faulty.bytes_then_close(bad_chunk(6)), early=False, jsons=False),
    Fault("stream with an error event", faulty.bytes_then_close(error_event_and_end(6)), early=False, jsons=False),
]

HARMLESS = [
    Fault("none", faulty.healthy),
    Fault("slow trickle", faulty.trickling),
    Fault("idle connections closed at random", faulty.closing_at_random()),
]

ALL = HARMLESS + NEVER_BEGAN + BEFORE_CONTENT + AFTER_CONTENT
