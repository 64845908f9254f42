"""TLS towards clients: sessions that are resumed, bounds on handshakes, how connections end."""

import socket
import ssl
import threading

from harness import PATIENCE, answer, answering, close_delimited_answer, eventually, main, request
from tls_client import CA, OTHER_CA, TlsCase, connect, read_answer, trusting


class ResumptionTest(TlsCase):
    def resumed(self, context, session):
        return self.ask(context=context, session=session).session_reused

    def test_sessions_are_resumed_across_connections_threads_and_sighup(self):
        self.start(threads=4)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version.name):
                context = trusting(minimum_version=version, maximum_version=version)
                session = self.ask(context=context).session
                for _ in range(8):
                    self.assertTrue(self.resumed(context, session))
                self.reload()
                self.assertTrue(self.resumed(context, session))
        self.assertEqual(self.gateway.metric("inferway_client_tls_handshakes_total", resumed="yes"), 18)

    def test_a_resumed_session_brings_the_ticket_for_the_next_one(self):
        """TLS 1.3 tickets are for one use (RFC 8446, C.4): a client without a new one has to begin anew."""
        self.start()
        session = self.ask(context=(context := trusting())).session
        for _ in range(4):
            sock = self.ask(context=context, session=session)
            self.assertTrue(sock.session_reused)
            self.assertNotEqual(sock.session.id, session.id)
            session = sock.session

    def test_a_session_with_a_client_certificate_ends_with_the_rules_it_was_made_under(self):
        self.start(CA.identity("gateway.test").tls(client_ca=OTHER_CA.cert))
        context = trusting()
        context.load_cert_chain(OTHER_CA.identity().cert, OTHER_CA.identity().key)
        session = self.ask(context=context).session
        self.assertTrue(self.resumed(context, session))
        self.reload()
        self.assertFalse(self.resumed(context, session))


class BoundTest(TlsCase):
    def silent(self):
        return self.enterContext(socket.create_connection(("127.0.0.1", self.gateway.port), PATIENCE))

    def test_a_client_that_does_not_go_on_with_its_handshake_is_closed(self):
        self.start(timeouts={"tls_handshake": "200ms"})
        self.assertEqual(self.silent().recv(1), b"")
        begun = self.silent()
        begun.sendall(b"\x16\x03\x01\x02\x00\x01")
        try:
            self.assertEqual(begun.recv(1), b"")
        except ConnectionResetError:
            pass  # bytes of it were unread
        self.wait_failure("timed_out", 2)
        self.ask()

    def begun(self):
        sock = self.silent()
        sock.sendall(b"\x16\x03\x01\x02\x00\x01")
        return sock

    def test_handshakes_beyond_the_limit_wait_in_turn(self):
        self.start(limits={"tls_handshakes": 1}, threads=1)
        waited = lambda: self.gateway.metric("inferway_limit_reached_total", limit="tls_handshakes")  # noqa: E731
        state = lambda which: self.gateway.metric("inferway_client_tls_handshakes", state=which)  # noqa: E731
        first = self.begun()
        eventually(lambda: state("active") == 1)
        second = self.begun()
        eventually(lambda: waited() == 1)
        second.close()  # whoever leaves the queue holds nobody up
        eventually(lambda: state("waiting") == 0)
        third = self.silent()
        done = threading.Event()

        def finish():
            with trusting().wrap_socket(third, server_hostname="gateway.test") as tls:
                tls.sendall(request("GET", "/v1/a"))
                if b" 200 " in read_answer(tls)[0]:
                    done.set()

        thread = threading.Thread(target=finish)
        thread.start()
        eventually(lambda: waited() == 2)
        first.close()
        thread.join(PATIENCE)
        self.assertTrue(done.is_set())
        eventually(lambda: (state("active"), state("waiting")) == (0, 0))

    def test_clients_that_keep_silent_or_stop_half_way_keep_nobody_out(self):
        self.start(limits={"tls_handshakes": 1}, threads=1)
        for _ in range(5):
            self.silent()
        self.ask()
        for _ in range(2):
            self.begun()
        self.ask()  # behind both, each of which has its turn

    def test_connections_in_their_handshake_do_not_hold_up_the_end(self):
        self.start(limits={"tls_handshakes": 1}, threads=1, timeouts={"tls_handshake": "60s"})
        self.silent()
        for _ in range(2):
            self.begun()
        eventually(lambda: self.gateway.metric("inferway_limit_reached_total", limit="tls_handshakes") == 1)
        self.assertEqual(self.gateway.stop(), 0)


class EndTest(TlsCase):
    def test_a_client_that_says_goodbye_has_gone_even_if_its_connection_stays(self):
        def never(connection):
            connection.read_request()
            connection.wait_closed()

        self.start(handler=never)
        sock = self.enterContext(connect(self.gateway))
        sock.sendall(request("GET", "/v1/a"))
        self.backend.wait_requests(1)
        sock.setblocking(False)
        with self.assertRaises(ssl.SSLWantReadError):
            sock.unwrap()  # close_notify, without closing the socket
        self.assertTrue(self.backend.wait_for(lambda: self.backend.open == 0))
        self.assertEqual(self.gateway.access_log(1)[0]["status"], 499)

    def test_a_goodbye_is_answered_when_nothing_is_under_way(self):
        self.start()
        sock = self.ask()
        sock.unwrap().close()

    def test_an_idle_connection_is_closed_with_a_goodbye(self):
        self.start(timeouts={"keep_alive": "200ms"})
        sock = self.ask()
        self.assertEqual(sock.recv(1), b"")  # an end without close_notify would raise

    def test_the_end_of_an_answer_that_the_connection_delimits_is_a_goodbye(self):
        def close(connection):
            connection.read_request()
            connection.send(close_delimited_answer(b"whole"))

        self.start(handler=close)
        sock = self.enterContext(connect(self.gateway))
        sock.sendall(request("GET", "/v1/a", version="1.0"))
        got = b""
        while piece := sock.recv(65536):
            got += piece
        self.assertTrue(got.endswith(b"whole"), got)

    def test_the_goodbye_stands_behind_a_large_answer_to_a_slow_reader(self):
        body = b"w" * 6_000_000

        def close(connection):
            connection.read_request()
            connection.send(close_delimited_answer(body))

        self.start(handler=close)
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.settimeout(PATIENCE)
        raw.connect(("127.0.0.1", self.gateway.port))
        sock = self.enterContext(trusting().wrap_socket(raw, server_hostname="gateway.test"))
        sock.sendall(request("GET", "/v1/a", version="1.0"))
        got = bytearray()
        while piece := sock.recv(1000):
            got += piece
        self.assertTrue(got.endswith(body))

    def test_a_cut_answer_ends_without_one(self):
        def cut(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n")
            connection.reset()

        self.start(handler=cut)
        sock = self.enterContext(connect(self.gateway))
        sock.sendall(request("GET", "/v1/a", version="1.0"))
        with self.assertRaises(OSError):
            while sock.recv(65536):
                pass

    def test_a_large_answer_to_a_slow_reader_arrives_whole(self):
        body = bytes(range(256)) * 40_000  # 10 MB
        self.start(handler=answering(answer(body=body)))
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.settimeout(PATIENCE)
        raw.connect(("127.0.0.1", self.gateway.port))
        sock = self.enterContext(trusting().wrap_socket(raw, server_hostname="gateway.test"))
        sock.sendall(request("GET", "/v1/a"))
        self.assertEqual(read_answer(sock)[1], body)

    def test_a_large_request_arrives_whole(self):
        body = bytes(range(256)) * 20_000
        self.start()
        sock = self.enterContext(connect(self.gateway))
        sock.sendall(request("POST", "/v1/a", body=body))
        self.assertIn(b" 200 ", read_answer(sock)[0])
        self.assertEqual(self.backend.requests[0].body, body)

    def test_pipelined_requests_in_one_record_are_answered_in_turn(self):
        self.start()
        sock = self.enterContext(connect(self.gateway))
        sock.sendall(b"".join(request("POST", f"/v1/{i}", body=b"x" * 3000) for i in range(5)))
        got = b""
        while got.count(b"HTTP/1.1 200 ") < 5:
            got += sock.recv(65536)
        self.assertEqual([r.target for r in self.backend.wait_requests(5)], [f"/v1/{i}" for i in range(5)])


if __name__ == "__main__":
    main()
