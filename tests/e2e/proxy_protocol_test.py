"""The PROXY protocol: whose a connection is, said before its first byte by a proxy that is trusted."""

import socket
import ssl
import struct

from client_addresses import OTHER_PROXY, PROXY, TRUSTED, ClientsTestCase
from harness import Backend, Gateway, eventually, main, one_route, request
from tls_client import CA, read_answer, trusting

LINE = b"PROXY TCP4 192.0.2.1 127.0.0.1 4711 80\r\n"
GET = request("GET", "/v1/a")
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def binary(command, family, rest=b""):
    return SIGNATURE + bytes([0x20 | command, family]) + struct.pack("!H", len(rest)) + rest


def addresses(family, source, target="::1"):
    pack = lambda text: socket.inet_pton(family, text)  # noqa: E731
    return pack(source) + pack(target) + struct.pack("!HH", 4711, 80)


V4 = binary(1, 0x11, addresses(socket.AF_INET, "192.0.2.1", "127.0.0.1"))
V6 = binary(1, 0x21, addresses(socket.AF_INET6, "2001:db8::7"))
MAPPED = binary(1, 0x21, addresses(socket.AF_INET6, "::ffff:192.0.2.1"))
LOCAL = binary(0, 0x00)


class ProxyProtocolCase(ClientsTestCase):
    def start(self, tls=None, timeouts=None, **clients):
        self.backend = self.enterContext(Backend())
        listen = [{"address": "127.0.0.1:0", "proxy_protocol": True, **({"tls": tls} if tls else {})}]
        clients.setdefault("trusted_proxies", TRUSTED)
        config = one_route(self.backend.url, listen=listen, clients=clients, timeouts=timeouts or {})
        self.gateway = self.enterContext(Gateway(config))

    def client(self, source=PROXY, **options):
        return super().client(source, **options)

    def speak(self, *pieces, source=PROXY):
        """The answer when these bytes come one after the other."""
        client = self.client(source)
        for piece in pieces:
            client.send(piece)
        return client.read_response()

    def assert_closed(self, data, source=PROXY):
        """Without an answer, and the backend hears nothing."""
        client = self.client(source)
        client.try_send(data)
        self.assertEqual(client.read_until_close(), b"")
        self.assertEqual(self.backend.requests, [])


class HeaderTest(ProxyProtocolCase):
    def test_the_header_says_who_the_client_is(self):
        self.start()
        rows = [
            ("a line", LINE, "192.0.2.1"),
            ("a line, IPv6", b"PROXY TCP6 2001:db8::7 ::1 4711 80\r\n", "2001:db8::7"),
            ("binary", V4, "192.0.2.1"),
            ("binary, IPv6", V6, "2001:db8::7"),
            ("binary, mapped", MAPPED, "192.0.2.1"),
            ("binary with fields", binary(1, 0x11, V4[16:] + b"\x02\x00\x06a.test\x04\x03\x00" + b"x" * 768), "192.0.2.1"),
            ("its own", LOCAL, PROXY),
            ("its own, with rubbish", binary(0, 0xFF, b"rubbish"), PROXY),
            ("unknown", b"PROXY UNKNOWN\r\n", PROXY),
            ("unspecified", binary(1, 0x00), PROXY),
            ("a Unix socket's", binary(1, 0x31, b"/a".ljust(108, b"\0") * 2), PROXY),
        ]
        for number, (name, header, want) in enumerate(rows, 1):
            with self.subTest(name):
                self.assertEqual(self.speak(header + GET).status, 200)
                self.assertEqual(self.gateway.access_log(number)[-1]["client"], want)
                self.assertEqual(self.backend.requests[-1].headers_named("x-forwarded-for"), [want])

    def test_no_byte_behind_the_header_is_lost_however_it_comes(self):
        self.start()
        body = request("POST", "/v1/a", [], b"body")
        for header in (LINE, V4):
            whole = header + body
            for cut in range(1, len(header) + 2):
                with self.subTest(header=header[:5], cut=cut):
                    self.assertEqual(self.speak(whole[:cut], whole[cut:]).status, 200)
                    self.assertEqual(self.backend.requests[-1].body, b"body")
            self.assertEqual(self.speak(*(bytes([byte]) for byte in whole)).status, 200)
        self.assertEqual({r["client"] for r in self.gateway.access_log(len(self.backend.requests))}, {"192.0.2.1"})

    def test_it_holds_for_all_requests_of_the_connection(self):
        self.start()
        client = self.client().send(LINE + GET + GET)
        self.assertEqual([client.read_response().status for _ in range(2)], [200, 200])
        self.assertEqual(client.get("/v1/a").read_response().status, 200)
        self.assertEqual([r["client"] for r in self.gateway.access_log(3)], ["192.0.2.1"] * 3)

    def test_nobody_else_may_send_it(self):
        self.start()
        for data in (LINE + GET, V4 + GET, GET, b"x"):
            self.assert_closed(data, "127.0.0.1")
        self.assertEqual(self.refused("untrusted_proxy"), 4)

    def test_what_is_no_header_is_closed_without_a_word(self):
        self.start()
        rows = [
            GET,
            b"PROXY TCP4 192.0.2.1 127.0.0.1 4711 80\n" + GET,
            b"PROXY TCP4 192.0.2.256 127.0.0.1 4711 80\r\n" + GET,
            b"PROXY UNKNOWN " + b"x" * 200 + b"\r\n" + GET,
            SIGNATURE + b"\x11\x11\0\0" + GET,
            binary(1, 0x41, b"x" * 12) + GET,
            binary(1, 0x11, b"x" * 11) + GET,
            binary(1, 0x00, b"x" * 5000) + GET,
            b"\x16\x03\x01\x02\x00\x01\x00",
        ]
        for row in rows:
            with self.subTest(row[:40]):
                self.assert_closed(row)
        self.assertEqual(self.refused("proxy_header"), len(rows))

    def test_a_second_header_is_no_request(self):
        self.start()
        for header in (LINE, V4):
            with self.subTest(header[:5]):
                response = self.speak(LINE + header + GET)
                self.assertEqual(response.status, 400)
        self.assertEqual(self.backend.requests, [])

    def test_a_slow_header_is_not_waited_for(self):
        self.start(timeouts={"header": "300ms"})
        self.assert_closed(LINE[:20])
        self.assertEqual(self.refused("proxy_header"), 1)
        self.assert_closed(b"")
        self.assertEqual(self.refused("proxy_header"), 1, "who only connects does nothing wrong")

    def test_a_header_cut_short_is_refused(self):
        self.start()
        client = self.client().send(LINE[:20])
        client.half_close()
        self.assertTrue(client.closed_by_peer())
        self.assertEqual(self.refused("proxy_header"), 1)

    def test_the_end_of_the_gateway_does_not_wait_for_a_header(self):
        self.start(timeouts={"header": "1h"})
        client = self.client().send(LINE[:20])
        eventually(lambda: self.gateway.metric("inferway_client_connections") == 1)
        self.assertEqual(self.gateway.stop(), 0)
        self.assertTrue(client.closed_by_peer())


class TogetherTest(ProxyProtocolCase):
    def test_lists_and_limits_are_about_whom_the_header_names(self):
        self.start(deny=["192.0.2.1"], connections_per_ip=1, rpm_per_ip=2)
        other = V6 + GET
        self.assertEqual(self.speak(LINE + GET).status, 403)
        self.assertEqual(self.speak(other).status, 200)  # and stays open
        self.assertEqual(self.speak(other).status, 429)
        self.assertEqual(self.refused("denied"), 1)
        self.assertEqual(self.refused("connections_per_ip"), 1)

    def test_health_checks_are_neither_listed_nor_counted(self):
        self.start(allow=["192.0.2.1"], connections_per_ip=1, rpm_per_ip=1)
        for header in (LOCAL, LOCAL, b"PROXY UNKNOWN\r\n"):
            client = self.client().send(header + GET + GET)
            self.assertEqual([client.read_response().status for _ in range(2)], [200, 200])

    def test_what_the_client_says_of_itself_is_not_believed(self):
        self.start(deny=["192.0.2.7"])
        lie = request("GET", "/v1/a", [("X-Forwarded-For", "192.0.2.7")])
        self.assertEqual(self.speak(LINE + lie).status, 200)
        self.assertEqual(self.gateway.access_log(1)[0]["client"], "192.0.2.1")
        self.assertEqual(self.backend.requests[0].headers_named("x-forwarded-for"), ["192.0.2.7, 192.0.2.1"])

    def test_a_trusted_proxy_behind_another_one_is_believed(self):
        self.start()
        header = f"PROXY TCP4 {OTHER_PROXY} 127.0.0.1 4711 80\r\n".encode()
        said = request("GET", "/v1/a", [("X-Forwarded-For", "192.0.2.7")])
        self.assertEqual(self.speak(header + said).status, 200)
        self.assertEqual(self.gateway.access_log(1)[0]["client"], "192.0.2.7")

    def test_it_comes_before_tls(self):
        self.start(CA.identity("gateway.test").tls(), deny=["192.0.2.7"])
        for number, header in enumerate((LINE, V4), 1):
            with self.subTest(header[:5]):
                sock = self.client().send(header).socket
                secure = self.enterContext(trusting().wrap_socket(sock, server_hostname="gateway.test"))
                secure.sendall(GET)
                self.assertTrue(read_answer(secure)[0].startswith(b"HTTP/1.1 200 "))
                self.assertEqual(self.gateway.access_log(number)[-1]["client"], "192.0.2.1")
        # Who is refused costs no handshake.
        client = self.client().send(LINE.replace(b"192.0.2.1", b"192.0.2.7"))
        with self.assertRaises(OSError):
            trusting().wrap_socket(client.socket, server_hostname="gateway.test")
        self.assertEqual(self.gateway.metric("inferway_client_tls_handshakes_total"), 2)
        with self.assertRaises(OSError):
            trusting().wrap_socket(self.client().socket, server_hostname="gateway.test")
        self.assertEqual(self.refused("proxy_header"), 1)

    def test_a_handshake_in_the_same_segment_is_not_lost(self):
        self.start(CA.identity("gateway.test").tls())
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = trusting().wrap_bio(incoming, outgoing, server_hostname="gateway.test")
        with self.assertRaises(ssl.SSLWantReadError):
            tls.do_handshake()
        client = self.client().send(LINE + outgoing.read())
        self.assertEqual(client.take_some()[:2], b"\x16\x03")  # the server's part of the handshake


class ReloadTest(ProxyProtocolCase):
    def test_it_can_be_switched_off_and_on(self):
        self.start()
        kept = self.client().send(LINE + GET)
        self.assertEqual(kept.read_response().status, 200)
        trusted = {"trusted_proxies": TRUSTED}
        self.gateway.reload(one_route(self.backend.url, listen=[{"address": "127.0.0.1:0"}], clients=trusted))
        self.assertEqual(self.speak(GET).status, 200)
        self.assertEqual(kept.get("/v1/a").read_response().status, 200)
        again = [{"address": "127.0.0.1:0", "proxy_protocol": True}]
        self.gateway.reload(one_route(self.backend.url, listen=again, clients=trusted))
        self.assertEqual(self.speak(V6 + GET).status, 200)
        self.assertEqual([r["client"] for r in self.gateway.access_log(4)], ["192.0.2.1", PROXY, "192.0.2.1", "2001:db8::7"])


if __name__ == "__main__":
    main()
