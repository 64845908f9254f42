"""TLS towards backends: what is trusted, what is said when it is not, names, the gateway's own certificate, sessions."""

import signal
import socket
import ssl
import threading
import unittest
from pathlib import Path

from certificates import Authority
from harness import (
    Backend,
    Gateway,
    answer,
    close_delimited_answer,
    eventually,
    json_answer,
    main,
    one_route,
    request,
    run_inferway,
    to_yaml,
)

CA = Authority()
OTHER_CA = Authority("Another CA")


class TlsBackend(Backend):
    """A model server behind this identity. .names: what clients asked for by SNI; .resumed: of each connection."""

    def __init__(self, identity, handler=None, client_ca=None, version=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(identity.cert, identity.key)
        self.names = []
        self.resumed = []
        self.protocols = []
        self.context.sni_callback = lambda sock, name, context: self.names.append(name)
        self.context.set_alpn_protocols(["h2", "http/1.1"])
        if version:
            self.context.minimum_version = self.context.maximum_version = version
        if client_ca:
            self.context.load_verify_locations(client_ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        super().__init__(handler)
        self.url = f"https://{self.authority}"

    def _run(self, connection):
        try:
            connection.socket = self.context.wrap_socket(
                connection.socket, server_side=True, suppress_ragged_eofs=False
            )
            self.resumed.append(connection.socket.session_reused)
            self.protocols.append(connection.socket.selected_alpn_protocol())
        except OSError:
            pass  # the gateway did not like us
        super()._run(connection)


class UpstreamCase(unittest.TestCase):
    def start(self, server, tls=None, url=None, env=None, more=None, **options):
        self.backend = self.enterContext(server)
        options.setdefault("backend", {})["tls"] = {"ca": CA.cert, **(tls or {})}
        options["route"] = {"retry": {"attempts": 0}}
        config = one_route(url or server.url, **options)
        config["backends"].update(more or {})
        self.gateway = self.enterContext(Gateway(config, env=env))
        return self.gateway

    def ask(self, status=200):
        with self.gateway.client() as client:
            response = client.send(request("POST", "/v1/a", body=b"hello")).read_response()
        self.assertEqual(response.status, status, response)
        return response

    def failures(self, cause):
        return self.gateway.metric("inferway_upstream_tls_failures_total", backend="main", cause=cause)


class VerificationTest(UpstreamCase):
    def test_a_certificate_for_the_endpoint_s_address_is_accepted(self):
        self.start(TlsBackend(CA.identity("127.0.0.1")))
        self.assertEqual(self.ask().json(), {"ok": True})
        self.assertEqual(self.backend.requests[0].header("host"), self.backend.authority)
        self.assertEqual(self.backend.names, [None])  # an address is no server name (RFC 6066 section 3)
        self.assertEqual(self.backend.protocols, ["http/1.1"])

    def test_a_certificate_for_the_endpoint_s_name_is_accepted(self):
        backend = TlsBackend(CA.identity("localhost"))
        self.start(backend, url=f"https://localhost:{backend.port}")
        self.ask()
        self.assertEqual(self.backend.names, ["localhost"])

    def test_server_name_is_asked_for_and_checked_instead(self):
        self.start(TlsBackend(CA.identity("llm.internal.test")), {"server_name": "llm.internal.test"})
        self.ask()
        self.assertEqual(self.backend.names, ["llm.internal.test"])

    def test_a_wildcard_covers_one_label(self):
        for name, status in (("a.wild.test", 200), ("a.b.wild.test", 502), ("wild.test", 502)):
            with self.subTest(name):
                self.start(TlsBackend(CA.identity("*.wild.test")), {"server_name": name})
                self.ask(status)

    def test_what_is_wrong_with_a_certificate_is_named(self):
        rows = (
            ("expired", CA.identity("127.0.0.1", valid="past"), "expired"),
            ("not_yet_valid", CA.identity("127.0.0.1", valid="future"), "not yet valid"),
            ("wrong_host", CA.identity("127.0.0.2", "localhost"), "mismatch"),
            ("unknown_ca", OTHER_CA.identity("127.0.0.1"), "issuer"),
        )
        for cause, identity, words in rows:
            with self.subTest(cause):
                self.start(TlsBackend(identity))
                response = self.ask(502)
                self.assertEqual(response.json()["error"]["code"], "connect_failed")
                self.assertIn(words, response.json()["error"]["message"])
                record = self.gateway.access_log(1)[0]
                self.assertEqual((record["error"], record["backend"]), ("connect_failed", "main"))
                self.assertIn(words, record["detail"])
                self.assertEqual(self.failures(cause), 1)
                self.assertEqual(self.backend.requests, [])

    def test_the_system_s_own_cas_do_not_know_ours(self):
        self.start(TlsBackend(CA.identity("127.0.0.1")), {"ca": None})
        self.ask(502)
        self.assertEqual(self.failures("unknown_ca"), 1)

    def test_a_system_without_cas_is_worth_a_warning(self):
        nowhere = {"SSL_CERT_FILE": "/nowhere", "SSL_CERT_DIR": "/nowhere"}
        self.start(TlsBackend(CA.identity("127.0.0.1")), {"ca": None}, env=nowhere)
        self.gateway.wait_log("no CA certificates")

    def test_without_verification_everything_is_accepted_and_a_warning_says_so(self):
        self.start(TlsBackend(OTHER_CA.identity("127.0.0.9", valid="past")), {"ca": None, "verify": False})
        self.ask()
        self.assertIn("verify is false", self.gateway.stderr())

    def test_a_client_certificate_is_shown_where_one_is_wanted(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version.name):
                wanting = lambda: TlsBackend(CA.identity("127.0.0.1"), None, OTHER_CA.cert, version)  # noqa: E731, B023
                self.start(wanting(), OTHER_CA.identity().tls())
                self.ask()
                self.start(wanting(), CA.identity().tls())  # of a CA that the backend does not know
                self.ask(502)
                self.assertEqual(self.failures("refused"), 1)
                self.start(wanting())
                self.assertIn("asked for a client certificate", self.ask(502).json()["error"]["message"])
                self.assertEqual(self.failures("refused"), 1)

    def test_renewed_files_are_used_after_sighup(self):
        ca_file = CA.path / "renewable-ca.pem"
        ca_file.write_bytes(Path(OTHER_CA.cert).read_bytes())
        self.start(TlsBackend(CA.identity("127.0.0.1")), {"ca": str(ca_file)})
        self.ask(502)
        ca_file.write_bytes(Path(CA.cert).read_bytes())
        self.gateway.signal(signal.SIGHUP)
        self.gateway.wait_log("read anew")
        self.ask()
        ca_file.write_bytes(Path(OTHER_CA.cert).read_bytes())
        self.gateway.signal(signal.SIGHUP)
        eventually(lambda: self.gateway.stderr().count("read anew") == 2)
        self.ask(502)  # neither a kept connection nor a session lives on


class ConnectionTest(UpstreamCase):
    def test_sessions_are_resumed(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version.name):
                self.start(
                    TlsBackend(CA.identity("127.0.0.1"), version=version), backend={"pool": {"max_idle": 0}}, threads=1
                )
                for _ in range(6):
                    self.ask()
                self.assertEqual(self.backend.resumed, [False] + [True] * 5)
                resumed = lambda: self.gateway.metric("inferway_upstream_tls_handshakes_total", resumed="yes")  # noqa: E731
                self.assertEqual(resumed(), 5)

    def test_connections_are_kept_and_used_again(self):
        self.start(TlsBackend(CA.identity("127.0.0.1")), threads=1)
        for _ in range(5):
            self.ask()
        self.assertEqual(self.backend.connections, 1)
        self.assertEqual(self.gateway.metric("inferway_upstream_reused_total"), 4)

    def test_a_backend_that_speaks_no_tls_is_named_so(self):
        def plain(connection):
            connection.socket.recv(4096)
            connection.send(answer(400, body=b"this is HTTP"))

        backend = Backend(plain)
        self.start(backend, url=f"https://{backend.authority}")
        self.assertIn("TLS", self.ask(502).json()["error"]["message"])
        self.assertEqual(self.failures("not_tls"), 1)

    def test_a_backend_that_closes_in_the_handshake_is_named_so(self):
        closing = Backend(lambda connection: connection.socket.recv(4096))
        self.start(closing, url=f"https://{closing.authority}")
        self.ask(502)
        self.assertEqual(self.failures("closed"), 1)

    def test_a_handshake_that_does_not_go_on_counts_against_connect(self):
        silent = Backend(lambda connection: connection.wait_closed())
        self.start(silent, url=f"https://{silent.authority}", backend={"timeouts": {"connect": "200ms"}})
        self.assertEqual(self.ask(504).json()["error"]["code"], "connect_timeout")
        self.assertEqual(self.failures("timed_out"), 1)
        self.assertTrue(silent.wait_for(lambda: silent.open == 0))

    def test_a_client_that_leaves_during_the_handshake_ends_it(self):
        silent = Backend(lambda connection: connection.wait_closed())
        self.start(silent, url=f"https://{silent.authority}", backend={"timeouts": {"connect": "1m"}})
        with self.gateway.client() as client:
            client.send(request("GET", "/v1/a"))
            self.assertTrue(silent.wait_for(lambda: silent.open == 1))
        self.assertTrue(silent.wait_for(lambda: silent.open == 0))

    def test_an_answer_that_the_connection_delimits_is_whole_only_with_a_goodbye(self):
        def whole(connection):
            connection.read_request()
            connection.send(close_delimited_answer(b"part"))

        def cut(connection):
            connection.read_request()
            connection.send(close_delimited_answer(b"part"))
            socket.socket.shutdown(connection.socket, socket.SHUT_WR)  # TCP's end, not TLS's
            connection.wait_closed()

        for handler, is_whole in ((whole, True), (cut, False)):
            with self.subTest(handler.__name__):
                self.start(TlsBackend(CA.identity("127.0.0.1"), handler))
                with self.gateway.client() as client:
                    response = client.send(request("GET", "/v1/a")).read_response()
                self.assertEqual((response.body, response.complete), (b"part", is_whole))
                record = self.gateway.access_log(1)[0]
                self.assertEqual(record["truncated"], not is_whole)
                if not is_whole:
                    self.assertIn("close_notify", record["detail"])

    def test_bodies_of_all_sizes_pass_both_ways(self):
        def echo(connection):
            while (got := connection.read_request()) is not None:
                connection.send(answer(body=bytes(got.body)))

        self.start(TlsBackend(CA.identity("127.0.0.1"), echo))
        with self.gateway.client() as client:
            for size in (0, 1, 16_383, 16_384, 16_385, 65_536, 1_000_000, 9_000_001):
                body = bytes(i * 31 % 251 for i in range(min(size, 1000))) * (size // 1000 + 1)
                got = client.send(request("POST", "/v1/a", body=body[:size])).read_response()
                self.assertEqual(got.body, body[:size], size)

    def test_a_slow_backend_takes_a_large_body_whole(self):
        release = threading.Event()

        def slow(connection):
            got = connection.read_head()
            release.wait(5)
            connection.read_body(got)
            connection.send(json_answer({"size": len(got.body)}))

        self.start(TlsBackend(CA.identity("127.0.0.1"), slow))
        body = b"z" * 8_000_000
        with self.gateway.client() as client:
            sender = threading.Thread(target=lambda: client.send(request("POST", "/v1/a", body=body)))
            sender.start()
            eventually(lambda: self.backend.requests)
            release.set()
            sender.join()
            self.assertEqual(client.read_response().json(), {"size": len(body)})
        self.assertEqual(self.backend.requests[0].body, body)


class CheckTest(unittest.TestCase):
    def test_files_are_looked_at(self):
        junk = CA.path / "junk.pem"
        junk.write_text("junk", encoding="ascii")
        for tls in ({"ca": "nowhere.pem"}, {"ca": str(junk)}, {"cert": str(junk), "key": CA.identity().key}):
            with self.subTest(tls):
                path = CA.path / "check.yaml"
                path.write_text(to_yaml(one_route("https://127.0.0.1:1", backend={"tls": tls})), encoding="utf-8")
                status, _, errors = run_inferway("check", "--config", str(path))
                self.assertEqual(status, 2)
                self.assertRegex(errors, r"check\.yaml:\d+:\d+: backends\.main\.tls: .*(nowhere|junk)\.pem")


if __name__ == "__main__":
    main()
