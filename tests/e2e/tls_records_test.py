"""Records and handshake messages that no honest client sends: cut, too long, too many, at the wrong time."""

import re
import socket
import ssl
import subprocess
import unittest

from harness import PATIENCE, Backend, Gateway, eventually, main, one_route, request
from tls_by_hand import ByRecord, Updating, rest_of
from tls_client import CA, TlsCase, connect, trusting

OVERLONG = b"\x17\x03\x03\x41\x02" + bytes(0x4102)  # one byte more than RFC 8446, section 5.2, allows
CHANGE_CIPHER_SPEC = b"\x14\x03\x03\x00\x01\x01"
WARNING = b"\x15\x03\x03\x00\x02\x01\x5a"  # an alert: user_canceled
ENDLESS_HELLO = b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + bytes(0x3FFC)
ALERT, FATAL = 0x15, 2


def alerts(data):
    """The alerts in plaintext that these records are: [(level, description)]."""
    out = []
    while len(data) >= 7 and data[0] == ALERT:
        out.append((data[5], data[6]))
        data = data[7:]
    return out


class HandshakeTest(TlsCase):
    def raw(self):
        return self.enterContext(socket.create_connection(("127.0.0.1", self.gateway.port), PATIENCE))

    def test_what_comes_instead_of_a_client_hello_ends_the_connection(self):
        self.start()
        rows = {
            "a record that is too long": (b"\x16\x03\x01\xff\xff" + bytes(4096), 22),  # record_overflow
            "a hello of 16 MiB": (ENDLESS_HELLO, None),
            "warnings without end": (WARNING * 1000, None),
            "empty records": (b"\x16\x03\x01\x00\x00" * 1000, None),
            "change_cipher_spec without end": (CHANGE_CIPHER_SPEC * 1000, None),
            "application data": (b"\x17\x03\x03\x00\x20" + bytes(32), None),
            "an end": (b"\x15\x03\x03\x00\x02\x01\x00", None),
        }
        for number, (what, (data, alert)) in enumerate(rows.items(), 1):
            with self.subTest(what):
                sock = self.raw()
                sock.sendall(data)
                said = alerts(rest_of(sock))
                self.assertLessEqual(len(said), 1)
                if alert:
                    self.assertEqual(said, [(FATAL, alert)])
                failures = lambda: self.gateway.metric("inferway_client_tls_failures_total")  # noqa: E731
                eventually(lambda: failures() == number, what=f"the failure of {what}")  # noqa: B023
        self.ask()

    def test_records_that_mean_nothing_behind_a_client_hello_are_not_taken_for_ever(self):
        self.start()
        for record in (CHANGE_CIPHER_SPEC, WARNING):
            with self.subTest(record[:1]), ByRecord(self.gateway) as client:
                client.send(client.first_flight())
                for _ in range(100):
                    try:
                        client.send(record * 100)
                    except ConnectionError:
                        break
                rest_of(client.socket)  # there is an end to it
        eventually(lambda: self.gateway.metric("inferway_client_tls_failures_total") == 2)
        self.ask()

    def test_a_handshake_that_is_cut_anywhere_is_no_request(self):
        self.start()
        with ByRecord(self.gateway) as whole:
            hello = whole.first_flight()
        for cut in (1, 5, 6, len(hello) // 2, len(hello) - 1, len(hello)):
            sock = self.raw()
            sock.sendall(hello[:cut])
            sock.shutdown(socket.SHUT_WR)
            rest_of(sock)
        self.wait_failure("closed", 6)
        self.ask()
        self.assertEqual(len(self.backend.requests), 1)

    def test_tls_on_a_plain_port_is_answered_and_closed(self):
        backend = self.enterContext(Backend())
        gateway = self.enterContext(Gateway(one_route(backend.url, listen=[{"address": "127.0.0.1:0"}])))
        with socket.create_connection(("127.0.0.1", gateway.port), PATIENCE) as sock:
            with self.assertRaises(ssl.SSLError):
                trusting().wrap_socket(sock, server_hostname="gateway.test")
        self.assertEqual(backend.requests, [])
        self.assertEqual(gateway.access_log(1)[0]["status"], 400)

    def openssl(self, *options, typed=b""):
        """What `openssl s_client` says."""
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{self.gateway.port}", "-servername", "gateway.test"]
        done = subprocess.run(
            [*command, "-CAfile", CA.cert, *options], input=typed, capture_output=True, timeout=PATIENCE * 3, check=False
        )
        return (done.stdout + done.stderr).decode(errors="replace")

    def test_a_client_cannot_renegotiate(self):
        self.start()
        said = self.openssl("-tls1_2", typed=b"R\n")
        self.assertIn("RENEGOTIATING", said)
        self.assertIn("no renegotiation", said)
        self.ask()

    def test_there_is_no_early_data(self):
        self.start()
        session = CA.path / "early.session"
        early = CA.path / "early.request"
        early.write_bytes(request("GET", "/v1/early"))
        whole = request("GET", "/v1/a", [("Connection", "close")])
        self.assertRegex(self.openssl("-sess_out", str(session), "-ign_eof", typed=whole), "Max Early Data: 0")
        said = self.openssl("-sess_in", str(session), "-early_data", str(early), "-ign_eof", typed=whole)
        self.assertIn("Early data was not sent", said)
        self.assertEqual([got.target for got in self.backend.requests], ["/v1/a", "/v1/a"])

    def test_nothing_is_compressed(self):
        self.start()
        for version in ("-tls1_2", "-tls1_3"):
            self.assertTrue(re.search("Compression: NONE", self.openssl(version, "-comp")))


class RecordTest(TlsCase):
    def opened(self, **options):
        return self.enterContext(ByRecord(self.gateway, **options)).handshake()

    def test_records_that_are_wrong_end_the_connection(self):
        self.start()
        rows = {
            "too long": lambda client: OVERLONG,
            "not authentic": lambda client: b"\x17\x03\x03\x00\x20" + bytes(32),
            "empty": lambda client: b"\x17\x03\x03\x00\x00",
            "changed on their way": lambda client: flipped(client.records(request("GET", "/v1/a"))),
            "sent twice": lambda client: 2 * client.records(request("GET", "/v1/a")[:10]),
            "in plain": lambda client: request("GET", "/v1/a"),
            "of no known kind": lambda client: b"\x63\x03\x03\x00\x20" + bytes(32),
        }
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for what, make in rows.items():
                with self.subTest(what, version=version.name):
                    context = trusting(minimum_version=version, maximum_version=version)
                    client = self.opened(context=context)
                    client.send(make(client))
                    self.assertEqual(client.read_all()[0], b"")
        self.assertEqual(self.backend.requests, [])
        self.ask()

    def test_a_body_that_is_cut_is_not_whole(self):
        """Neither an end of TCP alone nor an orderly one stands for what the framing promised."""
        self.start(handler=lambda connection: connection.read_request())
        bodies = {
            "length": request("POST", "/v1/a", [("Content-Length", "100")]) + b"x" * 50,
            "chunks": request("POST", "/v1/a", [("Transfer-Encoding", "chunked")]) + b"32\r\n" + b"x" * 50 + b"\r\n",
        }
        for framing, data in bodies.items():
            for how in ("FIN", "half a record", "close_notify"):
                with self.subTest(framing, how=how):
                    client = self.opened()
                    record = client.records(data)
                    client.send(record)
                    if how == "half a record":
                        client.send(client.records(b"x" * 50)[:-1])
                    elif how == "close_notify":
                        client.send(client.goodbye())
                    client.socket.shutdown(socket.SHUT_WR)
                    rest_of(client.socket)
        eventually(lambda: len(self.gateway.access_log()) == 6)
        self.assertEqual([record["status"] for record in self.gateway.access_log()], [499] * 6)
        self.assertFalse(any(got.whole for got in self.backend.requests))

    def test_a_request_in_half_a_record_is_none(self):
        self.start()
        client = self.opened()
        client.send(client.records(request("GET", "/v1/a"))[:-1])
        client.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(client.read_all()[0], b"")
        self.ask()
        self.assertEqual(len(self.backend.requests), 1)

    def test_a_few_key_updates_are_fine_and_a_flood_of_them_is_not(self):
        self.start()
        for ask_back in (False, True):
            with self.subTest(ask_back=ask_back):
                with Updating(self.gateway) as client:
                    for _ in range(4):
                        self.assertTrue(client.update(8, ask_back) and client.write(request("GET", "/v1/a")))
                        self.assertIn(b" 200 ", client.read())
                with Updating(self.gateway) as client:
                    client.update(1000, ask_back)
                    client.write(request("GET", "/v1/a"))
                    self.assertEqual(client.read(), b"")
        self.ask()
        self.assertEqual(len(self.backend.requests), 9)


def flipped(record):
    return record[:-1] + bytes([record[-1] ^ 1])


class IdentityTest(unittest.TestCase):
    """Several listeners and certificates: none lends its trust to another."""

    def start(self, *listeners):
        self.backend = self.enterContext(Backend())
        listen = [{"address": "127.0.0.1:0", "tls": tls} for tls in listeners]
        self.gateway = self.enterContext(Gateway(one_route(self.backend.url, listen=listen)))
        return self.gateway.ports

    def ask(self, port, context, name="gateway.test", session=None):
        """The connection behind one answer."""
        self.gateway.port = port
        sock = self.enterContext(connect(self.gateway, context, name, session))
        sock.sendall(request("GET", "/v1/a"))
        self.assertIn(b" 200 ", sock.recv(65536))
        return sock

    def test_a_session_of_one_listener_does_not_open_another_that_wants_certificates(self):
        identity = CA.identity("gateway.test")
        clients = CA.identity()
        free, guarded, other = self.start(identity.tls(), identity.tls(client_ca=CA.cert), identity.tls(client_ca=CA.cert))
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version.name):
                context = trusting(minimum_version=version, maximum_version=version)
                session = self.ask(free, context).session
                self.assertTrue(self.ask(free, context, session=session).session_reused)
                with self.assertRaises(OSError):
                    self.ask(guarded, context, session=session)
                context.load_cert_chain(clients.cert, clients.key)
                session = self.ask(guarded, context).session
                self.assertTrue(self.ask(guarded, context, session=session).session_reused)
                self.assertFalse(self.ask(other, context, session=session).session_reused, "another listener's rules")

    def test_the_name_asked_for_chooses_the_certificate_and_no_other_rules(self):
        guarded = CA.identity("gateway.test").tls(client_ca=CA.cert, certificates=[CA.identity("api.test").tls()])
        (port,) = self.start(guarded)
        for name in ("gateway.test", "api.test", "API.TEST", "unknown.test", "api.test.gateway.test", "*", "127.0.0.1"):
            with self.subTest(name), self.assertRaises(OSError):
                context = trusting(check_hostname=False)
                self.ask(port, context, name=name)
        self.assertEqual(self.backend.requests, [])


if __name__ == "__main__":
    main()
