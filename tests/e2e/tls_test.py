"""TLS towards clients: handshakes, names, client certificates, renewal. What behaves as without TLS is tested by running
the other tests over TLS (secure.py)."""

import shutil
import signal
import socket
import ssl
import unittest
import warnings
from pathlib import Path

from harness import PATIENCE, answer, answering, eventually, main, one_route, request, run_inferway, to_yaml
from tls_client import CA, OTHER_CA, TlsCase, common_name, connect, read_answer, trusting


class HandshakeTest(TlsCase):
    def test_both_versions_are_spoken_and_the_backend_hears_of_https(self):
        self.start()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version.name):
                sock = self.ask(context=trusting(minimum_version=version, maximum_version=version))
                self.assertEqual(sock.version(), version.name.replace("_", "."))
        self.assertEqual(self.backend.requests[0].headers_named("x-forwarded-proto"), ["https"])
        self.assertEqual(self.gateway.metric("inferway_client_tls_handshakes_total", resumed="no"), 2)

    def test_older_versions_are_refused(self):
        self.start()
        with warnings.catch_warnings(action="ignore"):  # of old versions
            context = trusting(minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1_1)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with self.assertRaises(OSError):
            connect(self.gateway, context)
        self.wait_failure("protocol")

    def test_ciphers_without_forward_secrecy_are_refused(self):
        self.start()
        context = trusting(maximum_version=ssl.TLSVersion.TLSv1_2)
        context.set_ciphers("AES256-GCM-SHA384:AES128-SHA:ECDHE-ECDSA-AES128-SHA")
        with self.assertRaises(OSError):
            connect(self.gateway, context)
        self.wait_failure("protocol")

    def test_http_1_1_is_chosen_among_protocols_and_others_alone_are_refused(self):
        self.start()
        context = trusting()
        context.set_alpn_protocols(["h2", "http/1.1"])
        self.assertEqual(self.ask(context=context).selected_alpn_protocol(), "http/1.1")
        self.assertIsNone(self.ask().selected_alpn_protocol())
        context.set_alpn_protocols(["h2"])
        with self.assertRaises(OSError):
            connect(self.gateway, context)
        self.wait_failure("protocol")

    def test_plain_http_is_told_that_this_is_a_tls_port(self):
        self.start()
        sock = self.enterContext(socket.create_connection(("127.0.0.1", self.gateway.port), PATIENCE))
        sock.sendall(request("POST", "/v1/a", body=b"x" * 100))
        told = b""
        while piece := sock.recv(65536):
            told += piece
        self.assertTrue(told.startswith(b"HTTP/1.1 400 "), told)
        self.assertIn(b"https://", told)
        self.assertEqual(self.failures("plain_http"), 1)
        self.assertEqual(self.backend.requests, [])

    def test_what_is_no_tls_at_all_is_closed(self):
        self.start()
        for junk in (b"\x00" * 64, b"SSH-2.0-OpenSSH\r\n", bytes(range(256)) * 8):
            with self.subTest(junk[:8]):
                sock = self.enterContext(socket.create_connection(("127.0.0.1", self.gateway.port), PATIENCE))
                sock.sendall(junk)
                rest = b""
                try:
                    while piece := sock.recv(65536):
                        rest += piece
                except ConnectionResetError:
                    pass
                self.assertLess(len(rest), 64)  # an alert at most
        eventually(lambda: self.gateway.metric("inferway_client_tls_failures_total") == 3)

    def test_a_handshake_byte_by_byte_succeeds(self):
        self.start()
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = trusting().wrap_bio(into, out, server_hostname="gateway.test")
        sock = self.enterContext(socket.create_connection(("127.0.0.1", self.gateway.port), PATIENCE))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                for byte in out.read():
                    sock.sendall(bytes([byte]))
                into.write(sock.recv(65536))
        tls.write(request("GET", "/v1/a"))
        for byte in out.read():
            sock.sendall(bytes([byte]))
        got = b""
        while b"\r\n\r\n" not in got:
            try:
                got += tls.read(65536)
            except ssl.SSLWantReadError:
                into.write(sock.recv(65536))
        self.assertIn(b" 200 ", got)

    def test_an_answer_s_head_and_body_leave_in_one_record(self):
        self.start(handler=answering(answer(body=b"y" * 600)))
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = trusting()
        tls = context.wrap_bio(into, out, server_hostname="gateway.test")
        sock = self.enterContext(socket.create_connection(("127.0.0.1", self.gateway.port), PATIENCE))
        records = []

        def receive():
            data = sock.recv(65536)
            into.write(data)
            while len(data) >= 5:
                size = int.from_bytes(data[3:5], "big")
                records.append((data[0], size))
                data = data[5 + size :]

        def until(done):
            while True:
                try:
                    return done()
                except ssl.SSLWantReadError:
                    sock.sendall(out.read())
                    receive()

        until(tls.do_handshake)
        for _ in range(2):  # the session tickets come with the first answer
            records.clear()
            tls.write(request("GET", "/v1/a"))
            got = b""
            while not got.endswith(b"y" * 600):
                got += until(lambda: tls.read(65536))
        self.assertEqual([kind for kind, _ in records], [23], records)


class CertificateTest(TlsCase):
    def test_the_certificate_is_chosen_by_the_name_that_the_client_asks_for(self):
        more = [CA.identity("api.test", "www.test").tls(), CA.identity("*.wild.test").tls()]
        self.start(CA.identity("gateway.test").tls(certificates=more))
        rows = {
            "gateway.test": "gateway.test",
            "api.test": "api.test",
            "API.test": "api.test",
            "www.test": "api.test",
            "a.wild.test": "*.wild.test",
            "a.b.wild.test": "gateway.test",
            "unknown.test": "gateway.test",
        }
        for asked, shown in rows.items():
            with self.subTest(asked):
                sock = self.ask(context=trusting(check_hostname=False), name=asked)
                self.assertEqual(common_name(sock), shown)
        with self.subTest("no name"):
            sock = self.ask(context=trusting(check_hostname=False), name=None)
            self.assertEqual(common_name(sock), "gateway.test")

    def test_client_certificates_are_asked_for_and_checked(self):
        self.start(CA.identity("gateway.test").tls(client_ca=OTHER_CA.cert))
        rows = (("none", None, "no_certificate"), ("of another CA", CA.identity(), "unknown_ca"),
                ("expired", OTHER_CA.identity(valid="past"), "expired"))  # fmt: skip
        for what, identity, cause in rows:
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                with self.subTest(what, version=version.name):
                    before = self.failures(cause)
                    context = trusting(minimum_version=version, maximum_version=version)
                    if identity:
                        context.load_cert_chain(identity.cert, identity.key)
                    with self.assertRaises(OSError):  # with TLS 1.3 only the first read tells
                        with connect(self.gateway, context) as sock:
                            sock.sendall(request("GET", "/v1/a"))
                            sock.recv(1)
                            raise AssertionError("answered")
                    self.wait_failure(cause, before + 1)
        self.assertEqual(self.backend.requests, [])
        context = trusting()
        context.load_cert_chain(OTHER_CA.identity().cert, OTHER_CA.identity().key)
        self.ask(context=context)
        self.assertIsNone(self.backend.requests[0].header("x-client-cert"))

    def test_new_files_are_used_after_sighup_and_open_connections_go_on(self):
        self.start(self.renewable("gateway.test"))
        first = self.ask()
        before = common_name(first)
        self.renew("gateway.test", "renewed.test")
        self.reload()
        second = self.ask(context=trusting(check_hostname=False))
        self.assertEqual((before, common_name(second)), ("gateway.test", "renewed.test"))
        first.sendall(request("GET", "/v1/a"))
        self.assertIn(b" 200 ", read_answer(first)[0])

    def test_files_that_are_wrong_leave_the_old_certificates_in_place(self):
        self.start(self.renewable("gateway.test"))
        for content in ("junk", Path(CA.identity("other.test").key).read_text(encoding="ascii")):
            with self.subTest(content[:20]):
                (self.directory / "server.key").write_text(content, encoding="ascii")
                self.gateway.signal(signal.SIGHUP)
                eventually(lambda: "the old certificates stay" in self.gateway.stderr())
                self.assertEqual(common_name(self.ask()), "gateway.test")
        self.assertIn("server.key", self.gateway.wait_log("the old certificates stay"))

    def renewable(self, name):
        self.directory = CA.path / self.id()
        self.directory.mkdir()
        self.renew(name, name)
        return {"cert": str(self.directory / "server.pem"), "key": str(self.directory / "server.key")}

    def renew(self, name, to):
        del name
        identity = CA.identity(to)
        shutil.copy(identity.cert, self.directory / "server.pem")
        shutil.copy(identity.key, self.directory / "server.key")

    def test_an_expired_certificate_is_a_warning(self):
        self.start(CA.identity("gateway.test", valid="past").tls())
        self.gateway.wait_log("has expired")


class CheckTest(unittest.TestCase):
    def check(self, tls):
        config = one_route("http://127.0.0.1:1", listen=[{"address": "127.0.0.1:0", "tls": tls}])
        path = CA.path / "check.yaml"
        path.write_text(to_yaml(config), encoding="utf-8")
        return run_inferway("check", "--config", str(path))

    def test_files_are_looked_at(self):
        good = CA.identity("gateway.test")
        junk = CA.path / "junk.pem"
        junk.write_text("junk", encoding="ascii")
        rows = {
            "no certificate": ({"cert": "nowhere.pem", "key": good.key}, "nowhere.pem cannot be read"),
            "no key": ({"cert": good.cert, "key": "nowhere.key"}, "nowhere.key cannot be read"),
            "junk": ({"cert": str(junk), "key": good.key}, "junk.pem"),
            "another's key": ({"cert": good.cert, "key": CA.identity("other.test").key}, "other.test.key"),
            "no CA": (good.tls(client_ca=str(junk)), "junk.pem"),
            "one of more": (good.tls(certificates=[{"cert": str(junk), "key": good.key}]), "junk.pem"),
        }
        for name, (tls, words) in rows.items():
            with self.subTest(name):
                status, _, errors = self.check(tls)
                self.assertEqual(status, 2)
                self.assertIn(words, errors)
                self.assertRegex(errors, r"check\.yaml:\d+:\d+: tls: ")
        self.assertEqual(self.check(good.tls())[0], 0)


if __name__ == "__main__":
    main()
