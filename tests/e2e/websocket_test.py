"""A WebSocket handshake is routed, checked on both sides and passed on; only then the connection is a tunnel."""

import unittest

from harness import Backend, Gateway, answer, answering, json_answer, main, one_route, request
from held_backend import HeldBackend
from websockets import ACCEPT, HANDSHAKE, KEY, accept_of, frame, handshake, opened, switching, take


class HandshakeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(HeldBackend())
        cls.plain = cls.enterClassContext(Backend(answering(json_answer({"plain": True}))))
        config = one_route(cls.backend.url, backend={"key": "provider-key"})
        config["backends"]["plain"] = {"endpoints": [cls.plain.url]}
        to_main = [{"backend": "main"}]
        config["routes"] = [
            {"match": {"path": "/v1/realtime", "model": "gpt-*"}, "to": [{"backend": "main", "model": "other"}]},
            {"match": {"path": "/v1/realtime"}, "to": to_main},
            {"match": {"path": "/x/*", "headers": {"openai-beta": "realtime=v1"}}, "to": to_main},
            {"match": {"path": "/plain"}, "to": [{"backend": "plain"}]},
        ]
        cls.gateway = cls.enterClassContext(Gateway(config))

    def test_is_passed_on_with_our_own_word_about_the_connection(self):
        with self.gateway.client() as client:
            offered = [("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")]
            more = [("Authorization", "Bearer callers-key"), ("Origin", "https://app.test"), ("X-Request-Id", "me-1")]
            client.send(handshake("/v1/realtime?model=m&x=1", [*offered, *more]))
            connection, asked = self.backend.take_request()
            self.assertEqual((asked.method, asked.target, asked.version), ("GET", "/v1/realtime?model=m&x=1", "HTTP/1.1"))
            for name, value in HANDSHAKE:
                self.assertEqual(asked.headers_named(name), [value])
            self.assertEqual(asked.header("sec-websocket-extensions"), offered[0][1])
            self.assertEqual(asked.header("origin"), "https://app.test")
            self.assertEqual(asked.headers_named("authorization"), ["Bearer provider-key"])
            self.assertIsNone(asked.header("content-length"))
            connection.send(switching([("Sec-WebSocket-Extensions", "permessage-deflate"), ("X-Y", "z"),
                                       ("Connection", "X-Dropped"), ("X-Dropped", "1")]))
            response = client.read_head()
            self.assertEqual((response.status, response.reason), (101, "Switching Protocols"))
            self.assertEqual(response.headers_named("upgrade"), ["websocket"])
            self.assertEqual(response.headers_named("connection"), ["Upgrade"])
            self.assertEqual(response.headers_named("sec-websocket-accept"), [ACCEPT])
            self.assertEqual(response.header("sec-websocket-extensions"), "permessage-deflate")
            self.assertEqual((response.header("x-y"), response.header("x-dropped")), ("z", None))
            self.assertEqual(response.header("x-request-id"), "me-1")
            self.assertEqual(response.headers_named("content-length") + response.headers_named("date"), [])

    def test_a_handshake_for_the_list_of_models_ends_the_connection(self):
        with self.gateway.client() as client:
            client.send(handshake("/v1/models") + b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
            response = client.read_response()
            self.assertIn(response.status, (200, 404))
            self.assertEqual(response.header("connection"), "close")

    def test_is_routed_by_model_and_by_header(self):
        for path, headers, target in (
            ("/v1/realtime?model=gpt-realtime&a=b", (), "/v1/realtime?a=b&model=other"),
            ("/v1/realtime", (), "/v1/realtime"),
            ("/v1/realtime?call_id=rtc_1", (), "/v1/realtime?call_id=rtc_1"),
            ("/x/y", [("OpenAI-Beta", "realtime=v1")], "/x/y"),
        ):
            with self.subTest(path), self.gateway.client() as client:
                client.send(handshake(path, headers))
                connection, asked = self.backend.take_request()
                self.assertEqual(asked.target, target)
                connection.send(switching())
                self.assertEqual(client.read_head().status, 101)
        with self.gateway.client() as client:
            response = client.send(handshake("/x/y")).read_response()
            self.assertEqual((response.status, response.header("x-inferway-error")), (404, "route_not_found"))

    def test_offers_subprotocols_in_order_but_for_the_callers_key(self):
        key = "openai-insecure-api-key.sk-callers"
        for offered, passed, chosen in (
            (["realtime, " + key + ", openai-organization.o", "openai-project.p"],
             ["realtime, openai-organization.o, openai-project.p"], "realtime"),
            (["b, a"], ["b, a"], "a"),
            ([key], [], None),
        ):
            with self.subTest(offered), self.gateway.client() as client:
                client.send(handshake(headers=[("Sec-WebSocket-Protocol", value) for value in offered]))
                connection, asked = self.backend.take_request()
                self.assertEqual(asked.headers_named("sec-websocket-protocol"), passed)
                self.assertNotIn(b"sk-callers", asked.raw)
                connection.send(switching([("Sec-WebSocket-Protocol", chosen)] if chosen else []))
                self.assertEqual(client.read_head().header("sec-websocket-protocol"), chosen)

    def test_a_wrong_one_is_refused_and_goes_nowhere(self):
        key, version = "Sec-WebSocket-Key", "Sec-WebSocket-Version"
        rows = {
            "post": (400, handshake(method="POST")),
            "body": (400, handshake(body=b"{}")),
            "chunked body": (400, handshake(headers=[("Transfer-Encoding", "chunked")]) + b"0\r\n\r\n"),
            "no key": (400, handshake(without=[key])),
            "two keys": (400, handshake(headers=[(key, KEY)])),
            "short key": (400, handshake(headers=[(key, "c2hvcnQ=")], without=[key])),
            "no version": (426, handshake(without=[version])),
            "old version": (426, handshake(headers=[(version, "8")], without=[version])),
            "two versions": (426, handshake(headers=[(version, "13")])),
            "subprotocol with blanks": (400, handshake(headers=[("Sec-WebSocket-Protocol", "a b")])),
        }
        before = len(self.backend.requests)
        for name, (status, sent) in rows.items():
            with self.subTest(name), self.gateway.client() as client:
                response = client.send(sent).read_response()
                code = "upgrade_required" if status == 426 else "bad_request"
                self.assertEqual((response.status, response.header("x-inferway-error")), (status, code))
                self.assertEqual(response.json()["error"]["code"], code)
                self.assertEqual(response.header("sec-websocket-version"), "13" if status == 426 else None)
                self.assertIn("close", response.headers_named("connection"))
                client.half_close()
                self.assertTrue(client.closed_by_peer())
        self.assertEqual(len(self.backend.requests), before)

    def test_without_it_in_connection_or_in_http_1_0_or_of_another_protocol_it_is_an_ordinary_request(self):
        upgrade = lambda value: [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", value)]  # noqa: E731
        rows = {
            "h2c": request("GET", "/plain", [*upgrade("h2c"), ("HTTP2-Settings", "AAMAAABkAAQAAP__")]),
            "websocket of some version": request("GET", "/plain", upgrade("websocket/13")),
            "not in Connection": handshake("/plain", without=["Connection"]),
            "HTTP/1.0": handshake("/plain", version="1.0"),
            "h2c with a body": request("POST", "/plain", upgrade("h2c"), b"body"),
        }
        for name, sent in rows.items():
            with self.subTest(name), self.gateway.client() as client:
                response = client.send(sent).read_response()
                self.assertEqual((response.status, response.json()), (200, {"plain": True}))
                asked = self.plain.requests[-1]
                self.assertEqual(asked.headers_named("upgrade") + asked.headers_named("connection"), [])

    def test_a_key_in_a_subprotocol_never_goes_upstream_even_without_an_upgrade(self):
        with self.gateway.client() as client:
            client.get("/plain", [("Sec-WebSocket-Protocol", "openai-insecure-api-key.sk-1")]).read_response()
            self.assertNotIn(b"sk-1", self.plain.requests[-1].raw)

    def test_with_other_protocols_in_the_list_only_websocket_is_asked_for(self):
        with self.gateway.client() as client:
            client.send(handshake(headers=[("Upgrade", "h2c, websocket")], without=["Upgrade"]))
            _, asked = self.backend.take_request()
            self.assertEqual(asked.headers_named("upgrade"), ["websocket"])


class AnswerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(HeldBackend())
        cls.gateway = cls.enterClassContext(Gateway(one_route(cls.backend.url)))

    def test_a_wrong_101_is_an_upstream_error(self):
        upgrade, accept = "Upgrade", "Sec-WebSocket-Accept"
        rows = {
            "accept of another key": switching(accept=accept_of("AAAAAAAAAAAAAAAAAAAAAA==")),
            "no accept": switching(without=[accept]),
            "two accepts": switching([(accept, ACCEPT)]),
            "another protocol": switching([(upgrade, "h2c")], without=[upgrade]),
            "no upgrade": switching(without=[upgrade]),
            "no connection": switching(without=["Connection"]),
            "subprotocol nobody offered": switching([("Sec-WebSocket-Protocol", "third")]),
            "subprotocol of the key": switching([("Sec-WebSocket-Protocol", "openai-insecure-api-key.k")]),
            "extension nobody offered": switching([("Sec-WebSocket-Extensions", "permessage-deflate")]),
            "two subprotocols": switching([("Sec-WebSocket-Protocol", "a, b")]),
            "HTTP/1.0": switching().replace(b"HTTP/1.1", b"HTTP/1.0"),
        }
        offered = [("Sec-WebSocket-Protocol", "a, b, openai-insecure-api-key.k")]
        for name, sent in rows.items():
            with self.subTest(name), self.gateway.client() as client:
                client.send(handshake(headers=offered))
                connection, _ = self.backend.take_request()
                connection.send(sent)
                response = client.read_response()
                self.assertEqual((response.status, response.header("x-inferway-error")), (502, "bad_response"))
                self.assertTrue(connection.wait_closed())

    def test_a_101_nobody_asked_for_is_an_upstream_error(self):
        for sent in (request("GET", "/"), handshake("/", without=["Upgrade"], headers=[("Upgrade", "h2c")])):
            with self.gateway.client() as client:
                client.send(sent)
                connection, _ = self.backend.take_request()
                connection.send(switching())
                self.assertEqual(client.read_response().header("x-inferway-error"), "bad_response")

    def test_a_refusal_passes_as_it_is_and_ends_the_clients_connection(self):
        body = b'{"error":{"code":"invalid_api_key"}}'
        for status in (401, 404, 200, 426):
            with self.subTest(status), self.gateway.client() as client:
                client.send(handshake() + b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
                connection, _ = self.backend.take_request()
                upgrade = [("Upgrade", "websocket, x"), ("Connection", "Upgrade")] if status == 426 else []
                connection.send(answer(status, [("X-A", "b"), ("Connection", "close"), *upgrade], body))
                response = client.read_response()
                self.assertEqual((response.status, response.header("x-a"), response.body), (status, "b", body))
                self.assertEqual(response.headers_named("connection")[-1], "close")
                self.assertEqual(response.header("upgrade"), "websocket, x" if upgrade else None)
                client.half_close()
                self.assertTrue(client.closed_by_peer())
        self.assertNotIn("/smuggled", [asked.target for asked in self.backend.requests])

    def test_interim_answers_may_come_before_the_101(self):
        with self.gateway.client() as client:
            client.send(handshake())
            connection, _ = self.backend.take_request()
            connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + switching() + frame(b"first"))
            response = client.read_head()
            self.assertEqual((response.status, response.interim[0][0]), (101, 103))
            self.assertEqual(client.take_exactly(7), frame(b"first"))

    def test_first_byte_bounds_the_answer_and_total_does_not_bound_the_tunnel(self):
        timeouts = {"first_byte": "1s", "total": "2s"}
        with HeldBackend() as backend, Gateway(one_route(backend.url, backend={"timeouts": timeouts})) as gateway:
            with gateway.client() as client:
                response = client.send(handshake()).read_response()
                self.assertEqual((response.status, response.header("x-inferway-error")), (504, "first_byte_timeout"))
                backend.take()
            with opened(gateway, backend) as (client, connection):
                self.assertTrue(client.silent(2.2))
                connection.send(frame(b"still here"))
                self.assertEqual(client.take_exactly(12), frame(b"still here"))

    def test_what_comes_right_behind_the_heads_belongs_to_the_tunnel(self):
        with self.gateway.client() as client:
            early = frame(b"early", masked=True)
            client.send(handshake() + early)
            connection, _ = self.backend.take_request()
            self.assertEqual(connection.buffer, b"", "nothing goes up before the 101")
            connection.send(switching() + frame(b"at once"))
            self.assertEqual(client.read_head().status, 101)
            self.assertEqual(client.take_exactly(9), frame(b"at once"))
            self.assertEqual(take(connection, len(early)), early)

    def test_a_connection_that_was_a_tunnel_is_never_used_again_and_a_kept_one_may_become_one(self):
        with Backend() as other:

            def both(connection):
                while (asked := connection.read_request()) is not None:
                    connection.send(switching() if asked.header("upgrade") == "websocket" else json_answer({}))

            other.handler = both
            with Gateway(one_route(other.url, threads=1)) as gateway:
                with gateway.client() as client:
                    self.assertEqual(client.get("/").read_response().status, 200)
                with gateway.client() as client:
                    self.assertEqual(client.send(handshake()).read_head().status, 101)
                self.assertEqual(other.connections, 1)
                self.assertTrue(other.wait_for(lambda: other.open == 0))
                with gateway.client() as client:
                    self.assertEqual(client.get("/").read_response().status, 200)
                self.assertEqual(other.connections, 2)


if __name__ == "__main__":
    main()
