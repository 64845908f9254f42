"""TLS peers that mean no good, or go wrong: old ciphers, certificates that should not count, sessions that are not
resumed, trust that changes while connections are in use."""

import shutil
import signal
import socket
import ssl
import subprocess
import threading

from certificates import Identity
from harness import PATIENCE, Backend, answer, eventually, main, request, unused_port
from tls_client import CA, TlsCase, connect
from tls_upstream_test import CA as BACKENDS_CA
from tls_upstream_test import OTHER_CA, TlsBackend, UpstreamCase


def openssl_server(*options, identity):
    """`openssl s_server -www` with these options: the process and its port."""
    port = unused_port()
    command = ["openssl", "s_server", "-quiet", "-www", "-accept", f"127.0.0.1:{port}", "-cert", identity.cert]
    process = subprocess.Popen(
        [*command, "-key", identity.key, *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)  # fmt: skip

    def listens():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    eventually(listens, what="the server")
    return process, port


class ClientTest(TlsCase):
    def test_every_method_of_plain_http_is_told_that_this_is_a_tls_port(self):
        self.start()
        for method in ("GET", "POST", "PUT", "HEAD", "DELETE", "PATCH", "OPTIONS", "PROPFIND"):
            with self.subTest(method):
                with socket.create_connection(("127.0.0.1", self.gateway.port), PATIENCE) as sock:
                    sock.sendall(request(method, "/v1/a"))
                    self.assertTrue(sock.recv(4096).startswith(b"HTTP/1.1 400 "))

    def test_an_alert_is_not_lost_to_a_reset(self):
        self.start(CA.identity("gateway.test").tls(client_ca=OTHER_CA.cert))
        for _ in range(5):
            context = ssl.create_default_context(cafile=CA.cert)
            sock = self.enterContext(connect(self.gateway, context))
            with self.assertRaisesRegex(OSError, "certificate required|CERTIFICATE_REQUIRED"):
                sock.sendall(request("POST", "/v1/a", body=b"x" * 200_000))
                while sock.recv(65536):
                    pass

    def test_a_trailing_dot_of_the_name_means_nothing(self):
        more = [CA.identity("api.test").tls()]
        self.start(CA.identity("gateway.test").tls(certificates=more))
        context = ssl.create_default_context(cafile=CA.cert)
        context.check_hostname = False
        sock = self.ask(context=context, name="api.test.")
        self.assertIn("api.test", str(sock.getpeercert()["subject"]))


class BackendTest(UpstreamCase):
    def serve(self, *options, identity):
        process, port = openssl_server(*options, identity=identity)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return f"https://127.0.0.1:{port}"

    def test_ciphers_without_forward_secrecy_or_aead_are_refused(self):
        for cipher in ("AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA"):
            with self.subTest(cipher):
                url = self.serve("-tls1_2", "-cipher", cipher, identity=BACKENDS_CA.identity("127.0.0.1"))
                self.start(Backend(), url=url)
                self.ask(502)
                self.assertEqual(self.failures("protocol") + self.failures("other"), 1)

    def test_a_common_name_alone_counts_for_nothing(self):
        ec = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        self.start(TlsBackend(self.made_by_hand("llm.test", ec)), {"server_name": "llm.test"})
        self.ask(502)
        self.assertEqual(self.failures("wrong_host"), 1)

    def test_a_weak_certificate_counts_for_nothing_whatever_openssl_is_told(self):
        lowered = BACKENDS_CA.path / "lowered.cnf"
        lowered.write_text(
            "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = low\n[low]\nCipherString = ALL@SECLEVEL=0\n"
        )
        names = "subjectAltName=IP:127.0.0.1\n"
        rows = {"1024 bits": (["rsa:1024"], []), "SHA-1": (["rsa:2048"], ["-sha1"])}
        for what, (key, digest) in rows.items():
            with self.subTest(what):
                url = self.serve("-cipher", "DEFAULT@SECLEVEL=0", identity=self.made_by_hand("weak", key, digest, names))
                self.start(Backend(), url=url, env={"OPENSSL_CONF": str(lowered)})
                self.ask(502)
                self.assertEqual(self.failures("bad_certificate"), 1)

    @staticmethod
    def made_by_hand(name, key, sign=(), extensions=""):
        """A certificate with this common name, and no other name unless in the extensions."""
        out = Identity(BACKENDS_CA.path, "by-hand")
        run = lambda *words: subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=BACKENDS_CA.path)  # noqa: E731
        run("req", "-new", "-newkey", *key, "-nodes", "-keyout", out.key, "-out", "by-hand.csr", "-subj", f"/CN={name}")
        (BACKENDS_CA.path / "by-hand.cnf").write_text(extensions, encoding="ascii")
        ca = ["-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-extfile", "by-hand.cnf"]
        run("x509", "-req", "-in", "by-hand.csr", *ca, *sign, "-out", out.cert)
        return out

    def test_a_ca_file_may_hold_the_server_s_own_certificate(self):
        identity = OTHER_CA.identity("127.0.0.1")
        self.start(TlsBackend(identity), {"ca": identity.cert})
        self.ask()

    def test_a_connection_in_use_while_the_trust_changes_is_not_used_again(self):
        release = threading.Event()

        def held(connection):
            while connection.read_request() is not None:
                release.wait(PATIENCE)
                connection.send(answer(body=b"ok"))

        ca_file = BACKENDS_CA.path / "changing-ca.pem"
        shutil.copy(BACKENDS_CA.cert, ca_file)
        self.start(TlsBackend(BACKENDS_CA.identity("127.0.0.1"), held), {"ca": str(ca_file)}, threads=1)
        with self.gateway.client() as client:
            client.send(request("GET", "/v1/a"))
            self.backend.wait_requests(1)
            shutil.copy(OTHER_CA.cert, ca_file)
            self.gateway.signal(signal.SIGHUP)
            self.gateway.wait_log("read anew")
            release.set()
            self.assertEqual(client.read_response().status, 200)
        self.ask(502)
        self.assertEqual(self.failures("unknown_ca"), 1)

    def test_a_server_that_breaks_off_a_resumed_session_is_asked_for_a_whole_one(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version.name):
                self.start(BreaksResumed(BACKENDS_CA.identity("127.0.0.1"), version), backend={"pool": {"max_idle": 0}}, threads=1)
                for _ in range(4):
                    self.ask()

    def test_one_backend_s_wrong_file_does_not_hold_up_another_s(self):
        ca_file = BACKENDS_CA.path / "one-of-two.pem"
        shutil.copy(OTHER_CA.cert, ca_file)
        broken = BACKENDS_CA.path / "broken-ca.pem"
        shutil.copy(BACKENDS_CA.cert, broken)
        second = {"endpoints": ["https://127.0.0.1:1"], "tls": {"ca": str(broken)}}
        self.start(TlsBackend(BACKENDS_CA.identity("127.0.0.1")), {"ca": str(ca_file)}, more={"aaa": second})
        self.ask(502)
        shutil.copy(BACKENDS_CA.cert, ca_file)
        broken.write_text("junk", encoding="ascii")
        self.gateway.signal(signal.SIGHUP)
        self.gateway.wait_log("broken-ca.pem")
        self.ask()


class BreaksResumed(TlsBackend):
    """Ends each connection whose handshake offers a session: as seen by its ClientHello, which is longer then."""

    def __init__(self, identity, version):
        self.first_size = None
        super().__init__(identity, version=version)

    def _run(self, connection):
        hello = connection.socket.recv(4096, socket.MSG_PEEK)
        self.first_size = self.first_size or len(hello)
        if len(hello) > self.first_size + 60:
            connection.socket.sendall(b"\x15\x03\x03\x00\x02\x02\x28")  # a fatal alert: handshake_failure
            connection.close()
            with self.changed:
                self.open -= 1
            return
        super()._run(connection)


if __name__ == "__main__":
    main()
