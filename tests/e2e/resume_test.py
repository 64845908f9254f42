"""A chat stream whose server breaks goes on at another one: the client sees one unbroken stream."""

import json
import unittest

from harness import Backend, Gateway, chunk, main, sse_event, sse_head

CHAT = "/v1/chat/completions"
WORDS = ["Once", " upon", " a", " time", ",\n", "\n", "there", ' "was"', " a", " f\u00e9e", " \U0001f9da", ".", "  End"]
TEXT = "".join(WORDS)


def chunks_of(identity, words, first=True, finish="stop", usage=None):
    def event(delta, reason=None):
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return sse_event({"id": identity, "object": "chat.completion.chunk", "created": 7, "model": "m", "choices": [choice]})

    events = [event({"role": "assistant", "content": ""})]
    events += [event({"content": word}) for word in words]
    events.append(event({}, finish))
    if usage:
        events.append(sse_event({"id": identity, "object": "chat.completion.chunk", "created": 7, "model": "m", "choices": [], "usage": usage}))
    return events + [sse_event("[DONE]")]


class Model:
    """A server that continues what it is given the beginning of, and breaks each stream after so many bytes."""

    def __init__(self, cuts, end="close"):
        self.cuts = list(cuts)  # of the streams, in order; None: whole
        self.end = end
        self.calls = []

    def __call__(self, connection):
        while (request := connection.read_request()) is not None:
            call = request.json()
            self.calls.append(call)
            number = len(self.calls)
            last = call["messages"][-1]
            done = last["content"] if last["role"] == "assistant" else ""
            rest = TEXT[len(done) :] if TEXT.startswith(done) else "?" + done
            words = [rest[i : i + 5] for i in range(0, len(rest), 5)] if done else WORDS
            usage = None
            if call.get("stream_options", {}).get("include_usage"):
                before = len(done.split())
                usage = {"prompt_tokens": 10 + before, "completion_tokens": len(words), "total_tokens": 10 + before + len(words)}
            events = chunks_of(f"chatcmpl-{number}", words, usage=usage)
            cut = self.cuts.pop(0) if self.cuts else None
            body = b"".join(events)
            connection.send(sse_head())
            if cut is None:
                connection.send(b"".join(chunk(event) for event in events) + b"0\r\n\r\n")
                continue
            connection.send(chunk(body[:cut]) if cut else b"")
            if self.end == "stall":
                connection.wait_closed()
            elif self.end == "reset":
                connection.reset()
            return


def config(backend, attempts=2, mode="continue_final_message", **more):
    return {
        "backends": {
            "llm": {"endpoints": [backend.url], "resume": mode, "timeouts": {"idle": "300ms"}, "outlier": {"consecutive_failures": 1000}},
        },
        "routes": [
            {
                "match": {"path": "/v1/*", "model": "*"},
                "to": [{"backend": "llm"}],
                "resume": {"attempts": attempts},
                "retry": {"backoff": "1ms", "budget_percent": 100},
                **more,
            }
        ],
    }


def read(body):
    """The events of a stream as JSON values, which are checked to be one stream."""
    events = [line[6:] for line in body.decode().split("\n") if line.startswith("data: ")]
    assert events[-1] == "[DONE]" and events.count("[DONE]") == 1, events
    return [json.loads(event) for event in events[:-1]]


class ResumeTest(unittest.TestCase):
    def check(self, body):
        events = read(body)
        choices = [event["choices"][0] for event in events if event["choices"]]
        self.assertEqual("".join(choice["delta"].get("content") or "" for choice in choices), TEXT)
        self.assertEqual({event["id"] for event in events}, {events[0]["id"]})
        self.assertEqual(sum("role" in choice["delta"] for choice in choices), 1)
        self.assertEqual([c["finish_reason"] for c in choices if c["finish_reason"]], ["stop"])
        return events

    def ask(self, gateway, client, **more):
        call = {"model": "m", "messages": [{"role": "user", "content": "tell"}], "stream": True, **more}
        return client.send_json(CHAT, call).read_response()

    def test_at_every_byte(self):
        whole = b"".join(chunks_of("chatcmpl-1", WORDS))
        cuts = list(range(0, len(whole)))
        model = Model([part for cut in cuts for part in (cut, None)])
        with Backend(model) as backend, Gateway(config(backend)) as gateway, gateway.client() as client:
            for cut in cuts:
                with self.subTest(cut=cut):
                    calls = len(model.calls)
                    response = self.ask(gateway, client)
                    self.assertEqual(response.status, 200)
                    self.assertTrue(response.complete)
                    self.check(response.body)
                    if len(model.calls) == calls + 1:  # all but [DONE] was there
                        model.cuts.pop(0)

    def test_cut_twice_and_by_a_stall_or_a_reset(self):
        for end in ("close", "reset", "stall"):
            with self.subTest(end):
                model = Model([700, 500, None], end)
                with Backend(model) as backend, Gateway(config(backend)) as gateway, gateway.client() as client:
                    response = self.ask(gateway, client)
                    self.check(response.body)
                    self.assertEqual(len(model.calls), 3)
                    last = model.calls[2]
                    self.assertEqual((last["continue_final_message"], last["add_generation_prompt"]), (True, False))
                    self.assertTrue(TEXT.startswith(last["messages"][-1]["content"]))
                    self.assertEqual(gateway.metric("inferway_resumed_total"), 2)

    def test_usage_is_added_up(self):
        model = Model([700, None])
        with Backend(model) as backend, Gateway(config(backend)) as gateway, gateway.client() as client:
            events = self.check(self.ask(gateway, client, stream_options={"include_usage": True}).body)
            usage = events[-1]["usage"]
            self.assertEqual(usage["total_tokens"], usage["prompt_tokens"] + usage["completion_tokens"])
            self.assertGreater(usage["completion_tokens"], 5)

    def test_prefill(self):
        model = Model([700, None])
        with Backend(model) as backend, Gateway(config(backend, mode="assistant_prefill")) as gateway:
            with gateway.client() as client:
                self.check(self.ask(gateway, client).body)
                self.assertNotIn("continue_final_message", model.calls[1])

    def test_what_cannot_be_continued_ends_with_an_error(self):
        for more in ({"n": 2}, {"logprobs": True}):
            with self.subTest(more):
                model = Model([700, None])
                with Backend(model) as backend, Gateway(config(backend)) as gateway, gateway.client() as client:
                    response = self.ask(gateway, client, **more)
                    self.assertFalse(response.complete)
                    self.assertIn(b'"error"', response.body)
                    self.assertEqual(len(model.calls), 1)
                    record = gateway.access_log(1)[0]
                    self.assertRegex(record["detail"], "; not resumed: it asks for ")
                    self.assertEqual(record["failures"], f"llm {backend.authority} upstream_closed")

    def test_attempts_are_bounded(self):
        model = Model([700, 300, 300, 300])
        with Backend(model) as backend, Gateway(config(backend)) as gateway, gateway.client() as client:
            response = self.ask(gateway, client)
            self.assertFalse(response.complete)
            self.assertIn(b'"upstream_closed"', response.body)
            self.assertEqual(gateway.access_log(1)[0]["failures"].count("upstream_closed"), 3)

    def test_a_fallback_continues_with_its_own_model(self):
        dead = Model([700])
        alive = Model([None])
        with Backend(dead) as first, Backend(alive) as second:
            settings = config(first, fallback=[{"backend": "cloud", "model": "other"}])
            settings["backends"]["cloud"] = {"endpoints": [second.url], "resume": "assistant_prefill"}
            with Gateway(settings) as gateway, gateway.client() as client:
                self.check(self.ask(gateway, client).body)
                self.assertEqual(alive.calls[0]["model"], "other")


if __name__ == "__main__":
    main()
