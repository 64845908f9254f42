"""An answer that is cut never ends well: at each byte of it, however it is framed, in every dialect."""

import json
import unittest

from harness import Backend, Gateway, chunk, chunked, eventually, main, one_route, sse_event, sse_head
from held_backend import HeldBackend
from stream_apis import APIS, CHAT, joined, openai_error


class CutTest(unittest.TestCase):
    """The backend sends the first bytes of `wire`, as many as the request's header says, and closes."""

    def setUp(self):
        self.wire = b""
        self.end = "close"

        def cut(connection):
            request = connection.read_request()
            if request is not None:
                connection.send(self.wire[: int(request.header("cut"))])
                getattr(connection, self.end)()

        self.backend = self.enterContext(Backend(cut))
        self.gateway = self.enterContext(Gateway(one_route(self.backend.url, threads=1)))

    def ask(self, path, cut):
        with self.gateway.client() as client:
            client.send_json(path, {}, [("Cut", str(cut))])
            return client.read_response()

    def check_502(self, response):
        self.assertEqual((response.status, response.complete), (502, True), response)
        self.assertIn(response.header("x-inferway-error"), ("upstream_closed", "bad_response"))

    def test_a_body_cut_at_any_byte_is_no_whole_body(self):
        body = b'{"id":1,"choices":[{"message":{"content":"hi"}}]}'
        framed = {
            "length": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body,
            "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body[:10], body[10:]),
        }
        for name, self.wire in framed.items():
            head = self.wire.index(b"\r\n\r\n") + 4
            for self.end in ("close", "reset"):
                for cut in range(len(self.wire)):
                    with self.subTest(name, end=self.end, cut=cut):
                        response = self.ask("/x", cut)
                        if cut < head or response.status == 502:
                            self.check_502(response)
                        else:
                            self.assertFalse(response.complete)
                            self.assertTrue(body.startswith(response.body))
            self.end = "close"
            self.assertEqual(self.ask("/x", len(self.wire)).body, body)
        records = self.gateway.access_log(sum(2 * len(wire) + 1 for wire in framed.values()))
        self.assertEqual([r["error"] for r in records].count(None), 2)

    def test_a_chunked_event_stream_cut_at_any_byte_tells_so(self):
        for name, api in APIS.items():
            self.wire = api.head("Transfer-Encoding: chunked")
            head = len(self.wire)
            ends = []  # where each event's last byte is on the wire
            for event in api.events:
                self.wire += chunk(event)
                ends.append(len(self.wire) - 2 - api.spare)
            self.wire += b"0\r\n\r\n"
            for cut in range(head, len(self.wire)):
                with self.subTest(name, cut=cut):
                    self.check_cut(api, self.ask(api.path, cut), sum(end <= cut for end in ends))
            response = self.ask(api.path, len(self.wire))
            self.assertEqual((response.body, response.complete), (joined(*api.events), True))

    def check_cut(self, api, response, sent):
        """`sent` events were sent whole."""
        if response.status == 502:
            self.assertEqual(sent, 0)
            return self.check_502(response)
        self.assertFalse(response.complete)
        seen, rest = api.whole_events(response.body)
        self.assertEqual(seen, sent)
        if seen < len(api.events):
            self.assertIn("'main'", api.error(rest))
        else:
            self.assertEqual(rest, b"")  # the terminal event is the last word, and then the connection just ends
        return None

    def test_a_close_delimited_event_stream_cut_at_any_byte_tells_so(self):
        for name, api in APIS.items():
            self.wire = api.head() + joined(*api.events)
            head = len(self.wire) - len(joined(*api.events))
            last = self.wire.rstrip()  # a last event may lack its empty line, but nothing of its data
            for cut in range(head, len(self.wire) + 1):
                with self.subTest(name, cut=cut):
                    response = self.ask(api.path, cut)
                    if cut >= len(last):
                        self.assertEqual((response.body, response.complete), (self.wire[head:cut], True))
                    else:
                        ends = [head + len(joined(*api.events[: n + 1])) - api.spare for n in range(len(api.events))]
                        self.check_cut(api, response, sum(end <= cut for end in ends))

    def test_a_reset_stream_tells_so(self):
        self.end = "reset"
        for name, api in APIS.items():
            self.wire = api.head("Transfer-Encoding: chunked") + joined(*[chunk(event) for event in api.events])
            for cut in range(len(self.wire) - 40, len(self.wire), 7):
                with self.subTest(name, cut=cut):  # what a reset overtakes is lost, in the kernel already
                    response = self.ask(api.path, cut)
                    if response.status == 502:
                        self.check_502(response)
                    else:
                        self.assertFalse(response.complete)
                        seen, rest = api.whole_events(response.body)
                        if seen < len(api.events):
                            self.assertIn("'main'", api.error(rest))


class LargeEventTest(unittest.TestCase):
    def test_no_error_event_is_put_into_an_event_that_went_out_in_part(self):
        with HeldBackend() as backend, Gateway(one_route(backend.url, threads=1)) as gateway:
            for pause in (False, True):
                with self.subTest(pause=pause), gateway.client() as client:
                    client.send_json(CHAT, {})
                    connection, _ = backend.take_request()
                    part = b"data: " + b"x" * 200_000
                    connection.send(sse_head() + chunk(sse_event("{}")) + chunk(part))
                    response = client.read_head()
                    if pause:  # all of it is through, and the gateway waits for more
                        eventually(lambda r=response: len(r.body) >= len(part) + 10 or not r.read_some())
                    connection.close()
                    response.finish()
                    self.assertFalse(response.complete)
                    self.assertTrue((sse_event("{}") + part).startswith(response.body), response.body[-300:])

    def test_an_error_event_follows_large_events_that_are_whole(self):
        big = sse_event("x" * 200_000)
        with HeldBackend() as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            client.send_json(CHAT, {})
            connection, _ = backend.take_request()
            connection.send(sse_head() + chunk(big) + chunk(b"data: half"))
            connection.close()
            response = client.read_response()
            self.assertEqual(response.body[: len(big)], big)
            self.assertIn("'main'", openai_error(response.body[len(big) :]))

    def test_broken_framing_behind_a_good_event_does_not_take_it_along(self):
        good = sse_event({"n": 1})
        with HeldBackend() as backend, Gateway(one_route(backend.url)) as gateway, gateway.client() as client:
            client.send_json(CHAT, {})
            connection, _ = backend.take_request()
            connection.send(sse_head() + chunk(good) + b"broken\r\n")
            response = client.read_response()
            self.assertEqual(response.body[: len(good)], good)
            self.assertEqual(json.loads(response.body[len(good) + 6 :])["error"]["code"], "bad_response")


if __name__ == "__main__":
    main()
